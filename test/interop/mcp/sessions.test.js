import assert from 'node:assert/strict'
import { test } from 'node:test'
import { revoke } from '../../../build/examples/mcp/client.js'
import { buildSessionApi } from '../../../build/examples/mcp/sessions.js'
import { startExample } from './setup.js'

test('sessions: the guard decides about each tool, and the session belongs to the user who opened it', async (t) => {
  const { url, sessions, connect } = await startExample(t, { build: buildSessionApi })
  const [ada, grace] = [await connect('ada', undefined, 'legacy'), await connect('grace', undefined, 'legacy')]
  assert.match((await ada.call('list-notes')).text, /^ada reads/)
  assert.match((await ada.call('purge-notes')).error, /Tool \\"purge-notes\\": The caller does not hold a required role/)
  assert.match((await grace.call('purge-notes')).text, /^deleted/)

  const [[stolen]] = [...sessions].filter(([, { sub }]) => sub === 'grace')
  const send = async (method, { stored }) => {
    const { access_token: token } = stored.tokens()
    const body = method === 'POST' ? JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'list-notes', arguments: {} } }) : undefined
    const response = await fetch(url, { method, body, headers: { authorization: `Bearer ${token}`, 'mcp-session-id': stolen, 'mcp-protocol-version': '2025-11-25', accept: 'application/json, text/event-stream', ...body && { 'content-type': 'application/json' } } })
    await response.body?.cancel()
    return response.status
  }
  assert.deepEqual([await send('POST', ada), await send('GET', ada), await send('DELETE', ada)], [404, 404, 404])
  assert.equal(await send('POST', grace), 200)
})

test('sessions: the stream of GET ends after the revocation', { timeout: 20_000 }, async (t) => {
  const { url, issuer, connect } = await startExample(t, { build: buildSessionApi, recheck: 0.2 })
  const { stored, client } = await connect('ada', undefined, 'legacy')
  const { access_token: token } = stored.tokens()
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json, text/event-stream', 'content-type': 'application/json' }
  await client.close()
  const opened = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'notes', version: '1' } } }) })
  assert.equal(opened.status, 200)
  await opened.text()
  const stream = await fetch(url, { headers: { ...headers, 'mcp-session-id': opened.headers.get('mcp-session-id'), 'mcp-protocol-version': '2025-11-25' } })
  assert.equal(stream.status, 200)
  assert.match(stream.headers.get('content-type'), /^text\/event-stream/)
  await revoke(issuer, stored)
  await assert.rejects(stream.text(), /terminated/)
})
