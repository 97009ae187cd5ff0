import { createServer } from 'node:http'
import { once } from 'node:events'
import { buildApi } from '../../../build/examples/mcp/api.js'
import { NotesLogin, connect } from '../../../build/examples/mcp/client.js'
import { API_CREDENTIALS, KNOWN_CLIENT_ID, PROJECT_ID, REDIRECT_URI, startLoginServer } from '../../../build/examples/mcp/login-server.js'

export const AUDIENCE = `urn:zitadel:iam:org:project:id:${PROJECT_ID}:aud`
export const CLIENT_METADATA_URL = 'https://client.acme.example/notes.json'

/** The example, on free ports. Without a cache, so that a revocation counts at once. */
export async function startExample (t, { login = {}, api = {}, recheck, build = buildApi } = {}) {
  const documents = []
  const loginServer = await startLoginServer({ registration: true, fetchClientMetadata: async (url) => { documents.push(url); return describeClient(url) }, ...login })
  t.after(async () => await loginServer.close())
  const port = await findFreePort()
  const url = `http://127.0.0.1:${port}/mcp`
  const { app, ...rest } = await build({ issuer: loginServer.issuer, credentials: API_CREDENTIALS, resource: url, projectId: PROJECT_ID, cache: false, ...api }, recheck)
  await app.listen({ host: '127.0.0.1', port })
  t.after(async () => await app.close())
  const { issuer, requests } = loginServer
  return {
    app,
    ...rest,
    url,
    issuer,
    requests,
    documents,
    registrations: { 'pre-registered': { clientId: KNOWN_CLIENT_ID, issuer }, 'client id metadata document': { metadataUrl: CLIENT_METADATA_URL }, dynamic: 'dynamic' },
    /** Logs in, and returns the client of the SDK and what it stores. */
    connect: async (account, registration = { clientId: KNOWN_CLIENT_ID, issuer }, protocol = 'auto') => {
      const stored = new NotesLogin({ account, registration })
      const client = await connect(url, stored, protocol)
      t.after(async () => await client.close())
      return { client, stored, call: async (name, args = {}) => await call(client, name, args) }
    }
  }
}

/** The text of the result, or the message that a program shows to its user. */
async function call (client, name, args) {
  try {
    const { content, isError } = await client.callTool({ name, arguments: args })
    return { text: content[0].text, isError: isError === true }
  } catch (error) {
    return { error: error.message, code: error.code, status: error.data?.status ?? error.status }
  }
}

/** The document that a client publishes at the URL that is its id. */
function describeClient (url) {
  return Response.json({ client_id: url, client_name: 'Notes', redirect_uris: [REDIRECT_URI], grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], token_endpoint_auth_method: 'none', application_type: 'native' })
}

async function findFreePort () {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address()
  await once(server.close(), 'close')
  return port
}
