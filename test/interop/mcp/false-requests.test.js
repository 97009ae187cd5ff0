import assert from 'node:assert/strict'
import { request as sendRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { buildApi } from '../../../build/examples/mcp/api.js'
import { buildSessionApi } from '../../../build/examples/mcp/sessions.js'
import { startExample } from './setup.js'

const ENVELOPE = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientInfo': { name: 'falseHeaders', version: '1' }, 'io.modelcontextprotocol/clientCapabilities': {} }
const base64 = (name) => `=?base64?${Buffer.from(name).toString('base64')}?=`

/** Sends exactly this. A header whose value is an array is sent several times. */
async function send (url, token, { method = 'POST', headers, body }) {
  const request = sendRequest(url, { method, headers: { authorization: `Bearer ${token}`, accept: 'application/json, text/event-stream', ...headers } })
  request.end(body)
  const [response] = await new Promise((resolve, reject) => { request.once('response', (response) => resolve([response])).once('error', reject) })
  return { status: response.statusCode, body: await text(response) }
}

/** Each protocol's own way to call a tool. */
const PROTOCOLS = {
  legacy: { meta: {}, headers: () => ({ 'mcp-protocol-version': '2025-11-25' }) },
  '2026-07-28': { meta: { _meta: ENVELOPE }, headers: (name, method = 'tools/call') => ({ 'mcp-protocol-version': '2026-07-28', 'mcp-method': method, 'mcp-name': name }) }
}

function * createFalseRequests () {
  const json = { 'content-type': 'application/json' }
  for (const [protocol, { meta, headers: honest }] of Object.entries(PROTOCOLS)) {
    const call = (name, more = {}) => ({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {}, ...meta, ...more } })
    const [good, bad] = [call('list-notes'), call('purge-notes')]
    const bodies = [
      bad, [bad], [good, bad], [bad, good], [good, good, bad], [good, [bad]], [[bad]],
      { ...bad, id: undefined }, { ...bad, id: null }, { ...bad, jsonrpc: '1.0' }, { ...bad, extra: good },
      { ...bad, method: 'Tools/Call' }, { ...bad, method: 'tools/call ' }, { ...bad, method: ['tools/call'] },
      { ...bad, result: {} }, { ...bad, error: { code: 1, message: 'x' } },
      call(['purge-notes']), call({ toString: 'purge-notes' }), call('PURGE-NOTES'), call(' purge-notes'), call('purge-notes\0'), call('list-notes\npurge-notes'),
      call('list-notes', { arguments: { name: 'purge-notes' } }), call('list-notes', { task: { name: 'purge-notes' }, tool: 'purge-notes' }),
      { ...bad, params: [bad.params] }, { ...bad, params: { 0: bad.params, ...meta } }
    ].map((body) => JSON.stringify(body))
    const [g, b] = [JSON.stringify(good), JSON.stringify(bad)]
    const texts = [
      // The last of two equal keys counts, for the guard and for the server.
      b.replace('"name":"purge-notes"', '"name":"list-notes","name":"purge-notes"'), b.replace('"name":"purge-notes"', '"name":"purge-notes","name":"list-notes"'),
      b.replace('"method":"tools/call"', '"method":"tools/list","method":"tools/call"'), b.replace('"method":"tools/call"', '"method":"tools/call","method":"tools/list"'),
      g.replace('"params"', '"params":{"name":"purge-notes"},"params"'), g.replace('"jsonrpc"', '"params":{"name":"purge-notes"},"jsonrpc"'),
      b.replace('purge-notes', 'purge\\u002dnotes'), b.replace('"name"', '"n\\u0061me"'), b.replace('"method"', '"meth\\u006fd"'),
      g.replace('"params":{', '"params":{"__proto__":{"name":"purge-notes"},'), g.replace('"name":"list-notes"', '"__proto__":{"name":"purge-notes"}'), g.replace('"name":"list-notes"', '"constructor":{"prototype":{"name":"purge-notes"}}'),
      `\uFEFF${b}`, ` ${b}\n`, `${g}\n${b}`, `${g}${b}`, `[${g}]\n[${b}]`, `data: ${b}\n\n`
    ]
    const falseHeaders = [
      {}, honest('list-notes'), honest('purge-notes'), honest(base64('list-notes')), honest(base64('purge-notes')), honest('purge-notes', 'tools/list'), honest('list-notes', 'tools/list'), honest('x', 'server/discover'),
      { 'mcp-method': 'tools/list' }, { 'mcp-method': 'tools/call' }, { 'mcp-name': 'list-notes' }, { 'mcp-name': '=?base64?!?=' },
      { ...honest('list-notes'), 'mcp-name': ['list-notes', 'purge-notes'] }, { ...honest('list-notes'), 'mcp-method': ['tools/list', 'tools/call'] }, { 'mcp-protocol-version': '2025-03-26' }, { 'mcp-protocol-version': ['2026-07-28', '2025-11-25'] }
    ]
    for (const headers of falseHeaders) for (const body of [...bodies, ...texts]) yield { protocol, headers: { ...json, ...headers }, body }
    const types = ['text/plain', 'text/plain; application/json', 'application/json; charset=utf-16', 'application/json-rpc', 'application/vnd.api+json', 'application/octet-stream', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded', 'APPLICATION/JSON', 'application/json, text/plain', undefined]
    for (const type of types) for (const headers of [honest('list-notes'), honest('purge-notes'), {}]) yield { protocol, headers: { ...type && { 'content-type': type }, ...headers }, body: b }
    for (const encoding of ['gzip', 'identity', 'utf-16le']) yield { protocol, headers: { ...json, ...honest('list-notes'), 'content-encoding': encoding }, body: b }
    for (const method of ['PUT', 'PATCH', 'DELETE', 'GET', 'OPTIONS', 'HEAD', 'QUERY', 'PROPFIND', 'SEARCH', 'TRACE']) {
      for (const headers of [json, { ...json, ...honest('list-notes') }, { ...json, 'x-http-method-override': 'POST' }, {}]) yield { protocol, method, headers: { 'content-length': Buffer.byteLength(b), ...headers }, body: b }
    }
    for (const path of ['?name=list-notes', '/', '//', '%2F', ';x', '/../mcp']) yield { protocol, path, headers: { ...json, ...honest('list-notes') }, body: b }
  }
}

/** Opens a session of the older protocol, and returns the header that names it. */
async function openSession (url, token) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, accept: 'application/json, text/event-stream', 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'falseHeaders', version: '1' } } })
  })
  await response.text()
  return { 'mcp-session-id': response.headers.get('mcp-session-id') }
}

const SERVERS = {
  'a stateless server': { build: buildApi, protocols: ['legacy', '2026-07-28'], open: async () => ({}) },
  'a server with sessions': { build: buildSessionApi, protocols: ['legacy'], open: openSession }
}

for (const [server, { build, protocols, open }] of Object.entries(SERVERS)) {
  test(`no header and no body allows a call that the role does not allow, in batches too (${server}, protocol ${protocols.join(', ')})`, async (t) => {
    const { url, connect } = await startExample(t, { build, api: { cache: { ttl: 60 } } })
    const login = async (account) => await connect(account, undefined, protocols.at(-1) === 'legacy' ? 'legacy' : 'auto')
    const [ada, grace] = [await login('ada'), await login('grace')]
    const [adaToken, graceToken] = [ada, grace].map(({ stored }) => stored.tokens().access_token)
    const [adaSession, graceSession] = [await open(url, adaToken), await open(url, graceToken)]
    const isPurged = ({ body }) => body.includes('deleted all notes')

    // The text that the test looks for is in the output of an allowed call.
    for (const { meta, headers } of protocols.map((protocol) => PROTOCOLS[protocol])) {
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'purge-notes', arguments: {}, ...meta } })
      const response = await send(url, graceToken, { headers: { 'content-type': 'application/json', ...headers('purge-notes'), ...graceSession }, body })
      assert.ok(isPurged(response), JSON.stringify(response))
    }
    const marker = `marker ${Math.random()}`
    await grace.call('add-note', { text: marker })

    let count = 0
    const [letIn, failures] = [[], []]
    for (const { path = '', protocol, ...falseRequest } of createFalseRequests()) {
      // The stream of a session stays open.
      if (!protocols.includes(protocol) || (falseRequest.method === 'GET' && adaSession['mcp-session-id'] !== undefined)) continue
      count++
      const response = await send(`${url}${path}`, adaToken, { ...falseRequest, headers: { ...falseRequest.headers, ...falseRequest.method === 'DELETE' ? {} : adaSession } }).catch((error) => ({ status: 0, body: String(error) }))
      if (isPurged(response)) letIn.push(falseRequest)
      // A web-standard request, which the SDK creates, cannot have this method.
      if (response.status >= 500 && falseRequest.method !== 'TRACE') failures.push({ ...falseRequest, response })
    }
    assert.match((await grace.call('list-notes')).text, new RegExp(marker), 'nothing was deleted')
    t.diagnostic(`${count} requests, ${letIn.length} let in`)
    assert.ok(count > 500)
    assert.deepEqual(letIn, [])
    assert.deepEqual(failures, [])
  })
}

test('a header that differs from the body is refused, also if the caller may call both tools', async (t) => {
  const { url, connect } = await startExample(t, { api: { cache: { ttl: 60 } } })
  const grace = await connect('grace')
  const token = grace.stored.tokens().access_token
  let count = 0
  for (const { meta, headers: honest } of Object.values(PROTOCOLS)) {
    const call = (name, method = 'tools/call') => ({ jsonrpc: '2.0', id: 1, method, params: { name, arguments: {}, ...meta } })
    const falseHeaders = [honest('list-notes'), honest('add-note'), honest('other'), honest(base64('list-notes')), honest('purge-notes', 'tools/list')]
      .map((headers) => ({ ...headers, 'mcp-method': headers['mcp-method'] ?? 'tools/call', 'mcp-name': headers['mcp-name'] ?? 'list-notes' }))
    for (const headers of falseHeaders) {
      for (const body of [call('purge-notes'), [call('purge-notes')], [call('list-notes'), call('purge-notes')], [call('purge-notes'), call('x', 'tools/list')]]) {
        count++
        const response = await send(url, token, { headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
        assert.equal(response.status, 400, JSON.stringify([headers, body, response]))
        assert.doesNotMatch(response.body, /deleted/)
      }
    }
  }
  t.diagnostic(`${count} requests, all refused`)
})
