import { buildApi } from './api.ts'

const port = Number(process.env['PORT'] ?? 3000)
const resource = process.env['RESOURCE'] ?? `http://127.0.0.1:${port}/mcp`

if (process.env['ZITADEL_ISSUER']) {
  const { app } = await buildApi({ resource, ...(process.env['PROJECT_ID'] !== undefined && { projectId: process.env['PROJECT_ID'] }) })
  await app.listen({ port })
} else {
  const { API_CREDENTIALS, KNOWN_CLIENT_ID, PROJECT_ID, startLoginServer } = await import('./login-server.ts')
  const { runSteps } = await import('./steps.ts')
  const { issuer } = await startLoginServer({ registration: true })
  const { app } = await buildApi({ issuer, credentials: API_CREDENTIALS, projectId: PROJECT_ID, resource, cache: { ttl: 1 } })
  await app.listen({ port })
  await runSteps(resource, issuer, KNOWN_CLIENT_ID)
  console.log('Clients can register themselves. On the login page, ada has the role writer, and grace has writer and admin')
}
console.log(`The MCP server runs at ${resource}, until Ctrl-C. Give this URL to an MCP client`)
