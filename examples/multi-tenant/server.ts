import { startExample } from '../start.ts'
import { buildApi } from './api.ts'

const ACME = '280000000000000900'
const reader = { roles: { reader: { [ACME]: 'acme.example' } } }

await startExample(buildApi, [
  { title: 'a reader of this organization', route: `GET /tenants/${ACME}/orders`, token: reader },
  { title: 'the same in another organization: 403', route: 'GET /tenants/280000000000000901/orders', token: reader },
  { title: 'without the role: 403', route: `DELETE /tenants/${ACME}/orders/1`, token: reader }
])
