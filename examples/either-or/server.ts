import { startExample } from '../start.ts'
import { buildApi } from './api.ts'

await startExample(async (options) => await buildApi(options, 'secret-api-key'), [
  { title: 'with the API key', route: 'GET /report', flags: '-H "X-Api-Key: secret-api-key" ' },
  { title: 'with a token and the role', route: 'GET /report', token: { roles: ['auditor'] } },
  { title: 'with a token, without the role', route: 'GET /report', token: {} },
  { title: 'with nothing', route: 'GET /report' }
])
