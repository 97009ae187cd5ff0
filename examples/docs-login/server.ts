import { buildApi } from './api.ts'

const port = Number(process.env['PORT'] ?? 3000)
const server = { logger: true }

if (process.env['ZITADEL_ISSUER']) {
  const { DOCS_CLIENT_ID: clientId = '', PROJECT_ID: projectId } = process.env
  const app = await buildApi({ server, login: { clientId, projectId } })
  await app.listen({ port })
} else {
  const { API_CREDENTIALS, DOCS_CLIENT_ID, PROJECT_ID, startLoginServer } = await import('./login-server.ts')
  const pages = ['docs/static/oauth2-redirect.html', 'reference/']
  const { issuer } = await startLoginServer(['localhost', '127.0.0.1'].flatMap((host) => pages.map((page) => `http://${host}:${port}/${page}`)))
  const app = await buildApi({ server, zitadel: { issuer, credentials: API_CREDENTIALS }, login: { clientId: DOCS_CLIENT_ID, projectId: PROJECT_ID } })
  await app.listen({ port })
}
console.log(`Open http://localhost:${port}/docs or http://localhost:${port}/reference`)
