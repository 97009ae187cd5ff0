import t, { type Test } from 'tap'
import { once } from 'node:events'
import { connect } from 'node:http2'
import Fastify, { type FastifyInstance, type InjectOptions } from 'fastify'
import zitadel, { type McpRouteOptions, type ZitadelOptions, type ZitadelRouteOptions } from '../../lib/index.ts'
import { activeResponse, roles, startGuardedApp } from '../fixtures/guarded-app.ts'
import type { DecisionMessage } from '../../lib/channels.ts'
import { collectMessages } from '../fixtures/subscribe.ts'

const RULES: McpRouteOptions = { tools: { 'list-notes': {}, 'add-note': { roles: ['writer'], organization: 'acme' }, 'purge-notes': { roles: ['admin'] }, mail: { scopes: ['email'] } } }
const SESSION = { jti: 'V2_1-at_1' }
const responses = {
  good: activeResponse(SESSION),
  writer: activeResponse({ ...SESSION, ...roles({ writer: ['acme'] }) }),
  elsewhere: activeResponse({ ...SESSION, ...roles({ writer: ['other'] }) }),
  admin: activeResponse({ ...SESSION, ...roles({ admin: ['acme'] }) })
}

interface Answer { readonly status: number, readonly code: string | undefined, readonly message: string | undefined, readonly served: boolean, readonly challenge: unknown }

interface ToolApp {
  readonly app: FastifyInstance
  /** How often the handler ran. */
  readonly calls: () => number
  readonly post: (token: string, payload: unknown, headers?: object, more?: InjectOptions) => Promise<Answer>
}

async function start (t: Test, config: ZitadelRouteOptions = { mcp: RULES }, options: ZitadelOptions = {}): Promise<ToolApp> {
  const { app } = await startGuardedApp(t, { responses, options: { issuer: 'https://auth.acme.example', resource: 'https://api.acme.example/mcp', ...options } })
  let calls = 0
  app.all('/mcp', { config }, async () => { calls++; return { served: true } })
  return {
    app,
    calls: () => calls,
    post: async (token, payload, headers = {}, more = {}) => {
      const { statusCode: status, headers: { 'www-authenticate': challenge }, body } = await app.inject({ method: 'POST', url: '/mcp', headers: { authorization: `Bearer ${token}`, ...headers }, payload: payload as object, ...more })
      const { code, message, served = false } = JSON.parse(body)
      return { status, code, message, served, challenge }
    }
  }
}

const call = (name: unknown, method = 'tools/call'): object => ({ jsonrpc: '2.0', id: 1, method, params: { name, arguments: {} } })
const createMcpHeaders = (name: string, method = 'tools/call'): object => ({ 'mcp-method': method, 'mcp-name': name, 'mcp-protocol-version': '2026-07-28' })
const METADATA = 'Bearer resource_metadata="https://api.acme.example/.well-known/oauth-protected-resource/mcp"'

for (const [era, headers] of Object.entries({ newer: createMcpHeaders, older: () => ({}) })) {
  t.test(`a tool may be called by a caller that meets its requirement (${era} protocol)`, async (t) => {
    const { post } = await start(t)
    const allowed = [['good', 'list-notes'], ['writer', 'add-note'], ['admin', 'purge-notes']] as const
    for (const [token, name] of allowed) t.match(await post(token, call(name), headers(name)), { status: 200, served: true }, name)
  })

  t.test(`a tool is refused to a caller without its role, with its name in the message and no error in the challenge (${era} protocol)`, async (t) => {
    const { post, calls } = await start(t)
    const denied = [['good', 'purge-notes'], ['writer', 'purge-notes'], ['good', 'add-note'], ['elsewhere', 'add-note']] as const
    for (const [token, name] of denied) {
      t.same(await post(token, call(name), headers(name)), { status: 403, code: 'FST_ZITADEL_INSUFFICIENT_ROLE', message: `Tool "${name}": The caller does not hold a required role`, served: false, challenge: METADATA }, name)
    }
    t.match(await post('good', call('mail'), headers('mail')), { status: 403, code: 'FST_ZITADEL_INSUFFICIENT_SCOPE', message: 'Tool "mail": The access token lacks a required scope', challenge: /error="insufficient_scope", scope="openid email"/ })
    t.equal(calls(), 0)
  })

  t.test(`a tool that is not listed is refused, and allowed if otherTools says so (${era} protocol)`, async (t) => {
    const { post } = await start(t)
    for (const name of ['other', 'constructor', '__proto__', 'List-Notes', 'list-notes ', '']) {
      t.same(await post('admin', call(name), headers(name.trim())), { status: name === 'list-notes ' && era === 'newer' ? 400 : 403, ...(name === 'list-notes ' && era === 'newer' ? { code: 'FST_ZITADEL_INVALID_REQUEST', message: 'The headers Mcp-Method and Mcp-Name must agree with the body', challenge: undefined } : { code: 'FST_ZITADEL_INSUFFICIENT_ROLE', message: 'The tool is not allowed here', challenge: METADATA }), served: false }, name)
    }
    const { post: allow } = await start(t, { mcp: { ...RULES, otherTools: 'allowed' } })
    t.match(await allow('good', call('other'), headers('other')), { status: 200 })
    t.match(await allow('good', call('purge-notes'), headers('purge-notes')), { status: 403 })
  })
}

t.test('other methods need no tool', async (t) => {
  const { post } = await start(t)
  for (const method of ['tools/list', 'initialize', 'notifications/initialized', 'subscriptions/listen']) t.match(await post('good', call('purge-notes', method)), { status: 200 }, method)
  t.match(await post('good', { jsonrpc: '2.0', id: 1, result: {} }), { status: 200 }, 'a response')
  t.match(await post('good', []), { status: 200 }, 'an empty batch')
})

t.test('each entry of a batch is checked', async (t) => {
  const { post, calls } = await start(t)
  t.match(await post('good', [call('list-notes'), call('purge-notes')]), { status: 403 })
  t.match(await post('good', [call('list-notes'), { ...call('x'), params: undefined }]), { status: 400 })
  t.match(await post('good', [call('list-notes'), [call('purge-notes')]]), { status: 400 })
  t.equal(calls(), 0)
  t.match(await post('admin', [call('list-notes'), call('purge-notes')]), { status: 200 })
})

t.test('a header that disagrees with the body is refused', async (t) => {
  const { post, calls } = await start(t)
  const falseRequests: Array<[object | object[], object]> = [
    [call('purge-notes'), createMcpHeaders('list-notes')],
    [call('list-notes'), createMcpHeaders('x', 'tools/list')],
    [call('purge-notes', 'tools/call'), { 'mcp-method': 'tools/list' }],
    [call('purge-notes', 'tools/list'), createMcpHeaders('list-notes')],
    [[call('list-notes'), call('purge-notes')], createMcpHeaders('list-notes')],
    [[call('list-notes'), call('x', 'tools/list')], { 'mcp-method': 'tools/call' }],
    [call('list-notes'), createMcpHeaders('=?base64?bGlzdC1ub3Rlcw?=')],
    [call('list-notes'), { 'mcp-name': 'purge-notes' }],
    [call('list-notes'), createMcpHeaders('other')],
    [{ jsonrpc: '2.0', id: 1, result: {} }, { 'mcp-method': 'tools/call' }],
    [{ jsonrpc: '2.0', id: 1, method: 'resources/read', params: { uri: 'note:1' } }, createMcpHeaders('note:2', 'resources/read')],
    [{ jsonrpc: '2.0', id: 1, method: 'prompts/get' }, createMcpHeaders('sum', 'prompts/get')]
  ]
  for (const [body, headers] of falseRequests) {
    t.match(await post('admin', body, headers), { status: 400, code: 'FST_ZITADEL_INVALID_REQUEST', challenge: undefined }, JSON.stringify([body, headers]))
    t.not((await post('good', body, headers)).status, 200, JSON.stringify([body, headers]))
  }
  t.equal(calls(), 0)
})

t.test('a header in Base64 agrees with the name that it encodes', async (t) => {
  const { post } = await start(t)
  const encode = (name: string): string => `=?base64?${Buffer.from(name).toString('base64')}?=`
  t.match(await post('good', call('list-notes'), createMcpHeaders(encode('list-notes'))), { status: 200 })
  t.match(await post('good', call('purge-notes'), createMcpHeaders(encode('purge-notes'))), { status: 403 })
  t.match(await post('good', { jsonrpc: '2.0', id: 1, method: 'resources/read', params: { uri: 'note:é' } }, createMcpHeaders(encode('note:é'), 'resources/read')), { status: 200 })
})

t.test('a name that is no string is refused, also if other tools are allowed', async (t) => {
  const { post, calls } = await start(t, { mcp: { ...RULES, otherTools: 'allowed' } })
  for (const name of [['purge-notes'], { toString: 'purge-notes' }, 5, null, undefined]) t.match(await post('good', call(name)), { status: 400, message: 'A tool call must name its tool' })
  t.match(await post('good', { jsonrpc: '2.0', id: 1, method: 'tools/call', params: ['purge-notes'] }), { status: 400 })
  t.equal(calls(), 0)
})

t.test('a method that is no string is refused, because a table of methods would find one by it', async (t) => {
  const { app } = await startGuardedApp(t, { responses })
  const called: unknown[] = []
  const methods: Record<string, (parameters: { name: unknown }) => void> = { 'tools/call': ({ name }) => { called.push(name) } }
  app.post('/tools', { config: { mcp: { ...RULES, otherTools: 'allowed' } } }, async ({ body }) => {
    for (const { method, params } of [body].flat() as Array<{ method: string, params: { name: unknown } }>) methods[method]?.(params)
    return 'served'
  })
  const post = async (payload: object, headers: object = {}): Promise<{ statusCode: number, body: string }> => await app.inject({ method: 'POST', url: '/tools', headers: { authorization: 'Bearer good', ...headers }, payload })
  for (const method of [['tools/call'], [['tools/call']], { tools: 'call' }, 5, null]) {
    const message = { ...call('purge-notes'), method }
    t.match(await post(message), { statusCode: 400, body: /"The method of a message must be a string"/ }, JSON.stringify(method))
    t.match(await post([call('list-notes'), message]), { statusCode: 400 }, JSON.stringify(method))
    t.match(await post(message, createMcpHeaders('purge-notes')), { statusCode: 403 }, JSON.stringify(method))
  }
  t.same(called, [])
  t.match(await post(call('list-notes')), { statusCode: 200 })
  t.same(called, ['list-notes'])
})

t.test('a body that the server has not parsed as JSON is refused', async (t) => {
  const { app, post, calls } = await start(t)
  app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) => { done(null, body) })
  app.addContentTypeParser('application/stream', (_request, body, done) => { done(null, body) })
  app.addContentTypeParser('application/unread', (_request, _body, done) => { done(null) })
  const text = JSON.stringify(call('purge-notes'))
  for (const type of ['text/plain', 'application/octet-stream', 'application/stream', 'application/unread']) {
    t.match(await post('good', text, { 'content-type': type }), { status: 400, message: /The body must be JSON/ }, type)
  }
  for (const payload of ['null', '5', '"tools/call"', '[5]', '[null]']) t.match(await post('good', payload, { 'content-type': 'application/json' }), { status: 400 }, payload)
  t.match(await post('good', undefined), { status: 400 }, 'no body')
  t.equal(calls(), 0)
})

t.test('a request of a method without a body calls no tool and passes', async (t) => {
  const { post } = await start(t)
  for (const method of ['GET', 'DELETE'] as const) t.match(await post('good', undefined, {}, { method }), { status: 200 }, method)
  t.match(await post('good', call('purge-notes'), {}, { method: 'DELETE' }), { status: 403 })
  // Fastify does not parse it.
  t.match(await post('good', call('purge-notes'), {}, { method: 'GET' }), { status: 400 })
  t.match(await post('good', 'x', { 'transfer-encoding': 'chunked' }, { method: 'GET' }), { status: 400 })
  t.match(await post('good', undefined, { 'content-length': '0' }, { method: 'GET' }), { status: 200 })
})

t.test('a denied call is refused before the body is read, by its headers', async (t) => {
  const { app } = await start(t)
  let read = false
  app.addHook('preParsing', async () => { read = true })
  const { statusCode } = await app.inject({ method: 'POST', url: '/mcp', headers: { authorization: 'Bearer good', ...createMcpHeaders('purge-notes') }, payload: call('purge-notes') })
  t.equal(statusCode, 403)
  t.notOk(read)
})

t.test('the rules of tools can be an instance of a class', async (t) => {
  class Tools { 'purge-notes' = { roles: ['admin'] } }
  const { app } = await startGuardedApp(t)
  app.post('/tools', { config: { mcp: { tools: new Tools() as never, otherTools: 'allowed' } } }, async () => 'served')
  const post = async (name: string): Promise<number> => (await app.inject({ method: 'POST', url: '/tools', headers: { authorization: 'Bearer good' }, payload: call(name) })).statusCode
  t.equal(await post('purge-notes'), 403)
  t.equal(await post('list-notes'), 200)
})

t.test('the requirement of the route applies beside those of its tools', async (t) => {
  const { post } = await start(t, { roles: ['writer'], scopes: ['openid'], mcp: RULES })
  t.match(await post('admin', call('purge-notes')), { status: 403 })
  t.match(await post('writer', call('list-notes')), { status: 200 })
  t.match(await post('writer', call('purge-notes')), { status: 403 })
  const { post: byRole } = await start(t, { roles: ['writer'], mcp: RULES })
  t.match(await byRole('writer', call('purge-notes')), { status: 403 })
  const { post: byScope } = await start(t, { scopes: ['openid'], mcp: RULES })
  t.match(await byScope('writer', call('purge-notes')), { status: 403 })
})

t.test('tools are guarded outside of a resource too, and a strategy beside them changes nothing', async (t) => {
  const { app, calls } = await startGuardedApp(t, { responses })
  app.post('/tools', { config: { mcp: RULES }, preValidation: app.zitadel.require({ scopes: ['openid'] }) as never }, async () => 'served')
  const post = async (name: string, token: string): Promise<number> => (await app.inject({ method: 'POST', url: '/tools', headers: { authorization: `Bearer ${token}` }, payload: call(name) })).statusCode
  t.same([await post('purge-notes', 'good'), await post('purge-notes', 'admin')], [403, 200])
  t.equal(calls.length, 2)
})

t.test('a wrong mcp throws at the line that declares the route', async (t) => {
  const { app } = await startGuardedApp(t)
  const wrong: Array<[unknown, RegExp]> = [
    ...[null, 5, 'tools', [], undefined].map((mcp): [unknown, RegExp] => [mcp, /"mcp" must be an object \{ tools, otherTools \}/]),
    [{}, /"mcp.tools" must be an object/],
    [{ tools: [] }, /"mcp.tools" must be an object/],
    [{ tools: new Map([['purge', { roles: ['admin'] }]]), otherTools: 'allowed' }, /"mcp.tools" must be an object/],
    [{ tools: Object.create({ purge: { roles: ['admin'] } }), otherTools: 'allowed' }, /"mcp.tools\["purge"\]" must be an own, enumerable property/],
    [{ tool: {} }, /"mcp.tool" is unknown, expected one of tools, otherTools/],
    [Object.create({ tools: {} }), /mcp: "tools" must be an own, enumerable property/],
    [{ tools: {}, otherTools: 'denied' }, /"mcp.otherTools" must be 'allowed' or 'refused'/],
    [{ tools: { 'a b': {} } }, /"mcp.tools" must be an object whose keys are names of tools/],
    [{ tools: { '': {} } }, /"mcp.tools" must be/],
    ...[null, 'admin', ['admin'], Promise.resolve({ roles: ['admin'] })].map((tool): [unknown, RegExp] => [{ tools: { purge: tool } }, /mcp.tools\["purge"\]: a requirement must be an object \{ scopes, roles, organization \}/]),
    [{ tools: { purge: { role: ['admin'] } } }, /mcp.tools\["purge"\]: "role" is unknown, expected one of scopes, roles, organization/],
    [{ tools: { purge: { freshness: 0 } } }, /mcp.tools\["purge"\]: "freshness" is unknown/],
    [{ tools: { purge: { roles: [] } } }, /mcp.tools\["purge"\]: "roles" must be an array with at least one role/]
  ]
  for (const [mcp, message] of wrong) t.throws(() => app.post('/mcp', { config: { mcp: mcp as never } }, async () => ''), { code: 'FST_ZITADEL_OPTION', message })
  t.throws(() => app.post('/mcp', { config: { access: 'public', mcp: RULES } }, async () => ''), { message: /"access" must stand alone/ })
  t.throws(() => app.post('/mcp', { config: { Mcp: RULES } as never }, async () => ''), { message: /did you mean "mcp"/ })
  t.throws(() => app.post('/mcp', { mcp: RULES } as never, async () => ''), { message: /"mcp" must be inside "config"/ })
})

t.test('a decision about a tool has its reason', async (t) => {
  const { post } = await start(t)
  const decisions = collectMessages<DecisionMessage>(t, 'fastify-zitadel:decision')
  await post('good', call('unlisted'))
  await post('good', call('list-notes'), createMcpHeaders('mail', 'tools/list'))
  await post('good', call(7))
  await post('good', call('purge-notes'))
  t.strictSame(decisions.filter(({ outcome }) => outcome === 'denied').map(({ reason }) => reason), ['tool_not_listed', 'message_differs_from_headers', 'message_malformed', 'roles_absent'])
})

t.test('a request without a body calls no tool only if its method has none', async (t) => {
  const { app } = await start(t)
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'DELETE', 'TRACE'] as const) t.equal((await app.inject({ method, url: '/mcp', headers: { authorization: 'Bearer good' } })).statusCode, 200, method)
  for (const method of ['POST', 'PUT', 'PATCH'] as const) t.equal((await app.inject({ method, url: '/mcp', headers: { authorization: 'Bearer good' } })).statusCode, 400, method)
})

t.test('over HTTP/2, a body without a length is checked too', async (t) => {
  const app = Fastify({ http2: true })
  t.teardown(() => app.close())
  await app.register(zitadel, { introspect: async () => ({ active: true }) })
  app.all('/mcp', { config: { mcp: { tools: { purge: { roles: ['admin'] } } } } }, async () => 'served')
  const session = connect(await app.listen({ port: 0, host: '127.0.0.1' }))
  t.teardown(() => session.destroy())
  const send = async (method: string, body?: string): Promise<unknown> => {
    const stream = session.request({ ':path': '/mcp', ':method': method, authorization: 'Bearer good' }, { endStream: body === undefined })
    if (body !== undefined) stream.end(body)
    const [headers] = await once(stream, 'response') as [Record<string, unknown>]
    return headers[':status']
  }
  for (const method of ['GET', 'DELETE', 'HEAD']) {
    t.equal(await send(method, '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"purge"}}'), 400, method)
    t.equal(await send(method), 200, `${method} without a body`)
  }
})
