import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { run } from '../../../dist/cli/run.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import * as oauth from 'oauth4webapi'
import { NotesLogin, logIn } from '../../../build/examples/mcp/client.js'
import { KNOWN_CLIENT_ID, REDIRECT_URI } from '../../../build/examples/mcp/login-server.js'
import { startExample } from './setup.js'

const ALLOW_HTTP = { [oauth.allowInsecureRequests]: true }

/** A token by the authorization code grant with PKCE. */
async function getToken (issuer, metadata, scope) {
  const verifier = randomBytes(32).toString('base64url')
  const authorization = new URL(metadata.authorization_endpoint)
  authorization.search = new URLSearchParams({ client_id: KNOWN_CLIENT_ID, redirect_uri: REDIRECT_URI, response_type: 'code', scope, code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256' }).toString()
  const code = (await logIn(authorization, 'ada')).searchParams.get('code')
  const response = await fetch(metadata.token_endpoint, { method: 'POST', body: new URLSearchParams({ grant_type: 'authorization_code', client_id: KNOWN_CLIENT_ID, redirect_uri: REDIRECT_URI, code, code_verifier: verifier }) })
  return (await response.json()).access_token
}

async function getStatus (url, token) {
  const { status } = await fetch(url, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream' }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'list-notes', arguments: {} } }) })
  return status
}

test('oauth4webapi accepts the metadata, and finds the authorization server with it', async (t) => {
  const { url, issuer } = await startExample(t)
  const identifier = new URL(url)
  const metadata = await oauth.processResourceDiscoveryResponse(identifier, await oauth.resourceDiscoveryRequest(identifier, ALLOW_HTTP))
  assert.deepEqual(metadata.authorization_servers, [issuer])
  const server = new URL(metadata.authorization_servers[0])
  const found = await oauth.processDiscoveryResponse(server, await oauth.discoveryRequest(server, ALLOW_HTTP))
  assert.deepEqual(found.code_challenge_methods_supported, ['S256'])
})

test('a client that requests every scope that it finds gets a token that is active for this API', async (t) => {
  const { url, issuer } = await startExample(t)
  const resource = await (await fetch(url.replace('/mcp', '/.well-known/oauth-protected-resource/mcp'))).json()
  const server = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()
  const advertised = server.scopes_supported
  assert.equal(await getStatus(url, await getToken(issuer, server, advertised.join(' '))), 401, 'the scopes of the authorization server alone')
  assert.equal(await getStatus(url, await getToken(issuer, server, resource.scopes_supported.join(' '))), 200, 'those of the resource')
  assert.equal(await getStatus(url, await getToken(issuer, server, [...new Set([...advertised, ...resource.scopes_supported])].join(' '))), 200, 'both')
})

test('the client of version 1 of the SDK logs in, calls a tool and shows a denial', async (t) => {
  const { url, requests } = await startExample(t)
  const stored = new NotesLogin({ account: 'ada', registration: 'dynamic' })
  const create = () => new StreamableHTTPClientTransport(new URL(url), { authProvider: stored })
  const client = new Client({ name: 'notes', version: '1.0.0' })
  t.after(async () => await client.close())
  const transport = create()
  await assert.rejects(client.connect(transport), /Unauthorized/)
  await transport.finishAuth(stored.answer.get('code'))
  await client.connect(create())
  assert.match((await client.callTool({ name: 'list-notes' })).content[0].text, /^ada reads/)
  const before = requests.filter((request) => !request.endsWith('/introspect')).length
  await assert.rejects(client.callTool({ name: 'purge-notes' }), /Tool \\"purge-notes\\": The caller does not hold a required role/)
  assert.equal(requests.filter((request) => !request.endsWith('/introspect')).length - before, 0)
})

test('the doctor finds no fault, except that the server has no registration of clients', async (t) => {
  const examine = async (url, token) => {
    let output = ''
    const status = await run(['doctor', '--mcp', url, '--token-file', '-'], { env: {}, input: [token], write: (text) => { output += text }, writeError: () => {}, packageFolder: process.cwd() })
    return { status, output }
  }
  const { url, connect } = await startExample(t)
  const { status, output } = await examine(url, (await connect('ada')).stored.tokens().access_token)
  assert.equal(status, 0, output)
  assert.match(output, /client id metadata documents, dynamic registration/)
  const closed = await startExample(t, { login: { registration: false, fetchClientMetadata: undefined } })
  const report = await examine(closed.url, 'unknown')
  assert.equal(report.status, 1)
  assert.match(report.output, /^warning {2}Clients cannot register themselves/m)
  assert.match(report.output, /^failed {3}The MCP server does not accept the token/m)
})
