import assert from 'node:assert/strict'
import { test } from 'node:test'
import { revoke } from '../../../build/examples/mcp/client.js'
import { AUDIENCE, startExample } from './setup.js'

for (const protocol of ['auto', 'legacy']) {
  for (const registration of ['pre-registered', 'client id metadata document', 'dynamic']) {
    test(`the client of the SDK discovers, logs in and calls a tool (${registration}, protocol ${protocol})`, async (t) => {
      const { issuer, requests, documents, registrations, connect } = await startExample(t)
      const { stored, call, client } = await connect('ada', registrations[registration], protocol)
      assert.equal(stored.authorizations.length, 1)
      const { searchParams: authorization } = stored.authorizations[0]
      assert.deepEqual(authorization.get('scope').split(' ').sort(), [AUDIENCE, 'offline_access', 'openid'].sort())
      assert.equal(authorization.get('code_challenge_method'), 'S256')
      assert.equal(requests.filter((request) => request === 'POST /oauth/v2/register').length, registration === 'dynamic' ? 1 : 0)
      assert.equal(documents.length, registration === 'client id metadata document' ? 1 : 0)

      assert.deepEqual((await client.listTools()).tools.map(({ name }) => name).sort(), ['add-note', 'list-notes', 'purge-notes'])
      assert.match((await call('list-notes')).text, /^ada reads \d+ notes/)
      assert.deepEqual(await call('add-note', { text: 'call Bob' }), { text: 'added call Bob', isError: false })

      const before = requests.filter((request) => !request.endsWith('/introspect')).length
      const { error } = await call('purge-notes')
      assert.match(error, /"message":"Tool \\"purge-notes\\": The caller does not hold a required role"/)
      assert.equal(requests.filter((request) => !request.endsWith('/introspect')).length - before, 0, 'requests to the authorization server because of the 403')
      assert.equal(stored.authorizations.length, 1)

      await revoke(issuer, stored)
      assert.match((await call('list-notes')).error, /Unauthorized/)
      assert.equal(stored.authorizations.length, 2, 'the client sends its user to a new login')
    })
  }
}

test('a person with the role can call a tool that is denied to another', async (t) => {
  const { connect } = await startExample(t)
  const [guest, grace] = [await connect('guest'), await connect('grace')]
  assert.match((await guest.call('list-notes')).text, /^guest reads/)
  assert.match((await guest.call('add-note', { text: 'x' })).error, /required role/)
  assert.deepEqual(await grace.call('purge-notes'), { text: 'deleted all notes', isError: false })
})

test('a tool that is not listed is denied with a message', async (t) => {
  const { connect } = await startExample(t)
  const { call } = await connect('grace')
  assert.match((await call('other')).error, /The tool is not allowed here/)
})

test('if the access token is no longer active, the client refreshes it without a login', async (t) => {
  const { requests, connect } = await startExample(t)
  const { stored, call } = await connect('ada')
  stored.saveTokens({ ...stored.tokens(), access_token: 'no-longer-active' })
  assert.match((await call('list-notes')).text, /^ada reads/)
  assert.equal(stored.authorizations.length, 1)
  assert.equal(requests.filter((request) => request === 'POST /oauth/v2/token').length, 2)
})

test('errors have the form of the protocol, and keep their status and headers', async (t) => {
  const { url, connect } = await startExample(t)
  const { stored } = await connect('ada')
  const send = async (body, { token = stored.tokens().access_token, ...headers } = {}) => {
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...token && { authorization: `Bearer ${token}` }, ...headers }, body })
    return { status: response.status, challenge: response.headers.get('www-authenticate'), ...await response.json() }
  }
  const call = JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'purge-notes', arguments: {} } })
  const denied = await send(call)
  assert.equal(denied.status, 403)
  assert.match(denied.challenge, /^Bearer resource_metadata=/)
  assert.deepEqual([denied.id, denied.error], [7, { code: -32600, message: 'Tool "purge-notes": The caller does not hold a required role' }])
  const mismatch = await send(call, { 'mcp-method': 'tools/list' })
  assert.deepEqual([mismatch.status, mismatch.id, mismatch.error.code], [400, 7, -32020])
  const anonymous = await send(call, { token: '' })
  assert.deepEqual([anonymous.status, anonymous.jsonrpc], [401, '2.0'])
  assert.match(anonymous.challenge, /resource_metadata/)
  const malformed = await send('{')
  assert.deepEqual([malformed.status, malformed.error.code], [400, -32600])
})
