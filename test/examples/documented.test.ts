import t from 'tap'
import { EventEmitter, once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { resolve } from 'node:path'
import { PassThrough } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import Fastify, { type FastifyInstance } from 'fastify'
import zitadel from 'fastify-zitadel'
import { startStandIn, type StandIn } from 'fastify-zitadel/testing'
import { buildApi as buildFolderDefault } from '../../examples/docs/folder-default.ts'
import { buildApi as buildEitherOr } from '../../examples/either-or/api.ts'
import { buildApi as buildBehindMiddleware, buildGuardedDashboard } from '../../examples/docs/middleware.ts'
import { buildBrowserApi } from '../../examples/docs/cors.ts'
import { buildMcpApi } from '../../examples/docs/mcp.ts'
import { buildLimitedApi } from '../../examples/docs/order.ts'
import { buildCookieApi, buildProxiedApi, buildSubProtocolApi } from '../../examples/docs/tokens-from-elsewhere.ts'
import { buildStreamingApi } from '../../examples/docs/streams.ts'
import { declareRoutes } from '../../examples/docs/routes.ts'
import { declareTenantRoute } from '../../examples/docs/claims.ts'
import { createServer, handleErrors } from '../../examples/docs/errors.ts'
import pluginFile from '../../examples/docs/plugin-file.ts'
import { activeResponse, type TestContext } from '../fixtures/guarded-app.ts'

type Options = Pick<StandIn, 'issuer' | 'credentials'>

async function startServer (t: TestContext): Promise<StandIn & Options> {
  const standIn = await startStandIn()
  t.teardown(async () => await standIn.close())
  return standIn
}

const getOptions = ({ issuer, credentials }: StandIn): Options => ({ issuer, credentials })

async function getStatus (app: FastifyInstance, url: string, token?: string, method: 'GET' | 'DELETE' = 'GET'): Promise<number> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  return (await app.inject({ url, method, headers })).statusCode
}

t.test('the documented routes allow the callers that their comments name', async (t) => {
  const standIn = await startServer(t)
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(zitadel, getOptions(standIn))
  const { declareReadmeRoutes } = await import(pathToFileURL(resolve('examples/docs/readme-routes.js')).href) as { declareReadmeRoutes: (app: FastifyInstance) => void }
  declareReadmeRoutes(app)
  declareRoutes(app)
  declareTenantRoute(app)
  const ACME = '280000000000000900'
  const none = await standIn.issueToken({ scopes: ['openid'] })
  const reader = await standIn.issueToken({ roles: { reader: { [ACME]: 'acme.example' } }, scopes: ['openid', 'profile'] })
  const accountant = await standIn.issueToken({ roles: ['accountant'] })
  const both = await standIn.issueToken({ roles: ['reader', 'auditor', 'admin'] })

  t.equal(await getStatus(app, '/customers', none), 403)
  t.equal(await getStatus(app, '/customers', reader), 200)
  t.same([await getStatus(app, '/invoices', accountant), await getStatus(app, '/invoices', reader), await getStatus(app, '/invoices', none)], [200, 200, 403])
  t.same([await getStatus(app, '/reports', reader), await getStatus(app, '/reports', both)], [403, 200])
  t.equal(await getStatus(app, `/organizations/${ACME}/orders`, reader), 200)
  t.equal(await getStatus(app, '/organizations/1/orders', reader), 403)
  t.equal(await getStatus(app, '/orders/1', both, 'DELETE'), 200)
  standIn.revoke(both)
  t.equal(await getStatus(app, '/orders/1', both, 'DELETE'), 401)
  t.equal((await app.inject('/greeting')).json().hello, 'guest')
  t.not((await app.inject({ url: '/greeting', headers: { authorization: `Bearer ${reader}` } })).json().hello, 'guest')
  t.equal(await getStatus(app, '/greeting', 'unknown'), 401)
  t.equal(await getStatus(app, '/health', 'unknown'), 200)
  t.same([await getStatus(app, '/profile', none), await getStatus(app, '/profile', reader)], [403, 200])
  t.same([await getStatus(app, '/me'), await getStatus(app, '/me', none)], [401, 200])
  t.equal(await getStatus(app, '/orders/1', reader), 404, 'the order belongs to another user')
  t.equal(await getStatus(app, '/stock', reader), 200)
  t.equal(await getStatus(app, '/tenant', reader), 200)
})

t.test('either an API key or a role is enough', async (t) => {
  const standIn = await startServer(t)
  const app = await buildEitherOr(getOptions(standIn), 'correct horse battery staple')
  t.teardown(async () => await app.close())
  const withKey = await app.inject({ url: '/report', headers: { 'x-api-key': 'correct horse battery staple' } })
  t.same(withKey.json(), { reader: 'a machine' })
  t.equal((await app.inject({ url: '/report', headers: { 'x-api-key': 'wrong' } })).statusCode, 401)
  t.equal(await getStatus(app, '/report', await standIn.issueToken({ roles: ['auditor'] })), 200)
  t.equal(await getStatus(app, '/report', await standIn.issueToken({})), 403)
})

t.test('a custom error handler keeps the headers of an error', async (t) => {
  const standIn = await startServer(t)
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(zitadel, getOptions(standIn))
  handleErrors(app)
  app.get('/', { config: { scopes: [] } }, async () => [])
  const response = await app.inject('/')
  t.equal(response.statusCode, 401)
  t.equal(response.headers['www-authenticate'], 'Bearer')
  t.equal(response.json().code, 'FST_ZITADEL_NO_TOKEN')
})

t.test('a token is read from a cookie, from a sub-protocol and from the header of a proxy', async (t) => {
  const standIn = await startServer(t)
  const [byCookie, byProtocol, byProxy] = [await buildCookieApi(getOptions(standIn)), await buildSubProtocolApi(getOptions(standIn)), await buildProxiedApi(getOptions(standIn))]
  t.teardown(async () => { await Promise.all([byCookie.close(), byProtocol.close(), byProxy.close()]) })
  const token = await standIn.issueToken({})
  t.equal((await byCookie.inject({ url: '/me', headers: { cookie: `a=b; __Host-token=${token}` } })).statusCode, 200)
  t.equal((await byCookie.inject({ url: '/me', headers: { cookie: 'a=b' } })).statusCode, 401)
  t.equal((await byProtocol.inject({ url: '/me', headers: { 'sec-websocket-protocol': `bearer, ${token}` } })).statusCode, 200)
  t.equal((await byProtocol.inject({ url: '/me', headers: { 'sec-websocket-protocol': `bearer,${token}` } })).statusCode, 200)
  t.equal((await byProtocol.inject('/me')).statusCode, 401)
  t.equal((await byProxy.inject({ url: '/me', headers: { 'x-forwarded-access-token': token, authorization: `Bearer ${token}` } })).statusCode, 200)
})

t.test('a rate limit in an onRequest hook before the guard counts denied requests, so that they cost no introspection', async (t) => {
  const standIn = await startServer(t)
  const app = await buildLimitedApi(getOptions(standIn))
  t.teardown(async () => await app.close())
  const statuses: number[] = []
  for (let i = 0; i < 10; i++) statuses.push(await getStatus(app, '/orders', `unknown-${i}`))
  t.same(statuses, [401, 401, 401, 429, 429, 429, 429, 429, 429, 429])
  t.equal(standIn.requests.filter(({ path }) => path === '/oauth/v2/introspect').length, 3)
})

t.test('a script of another origin can read the challenge of a 401', async (t) => {
  const standIn = await startServer(t)
  const app = await buildBrowserApi(getOptions(standIn))
  t.teardown(async () => await app.close())
  const preflight = await app.inject({ method: 'OPTIONS', url: '/orders', headers: { origin: 'https://app.example', 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' } })
  t.equal(preflight.statusCode, 204)
  const denied = await app.inject({ url: '/orders', headers: { origin: 'https://app.example' } })
  t.equal(denied.statusCode, 401)
  t.equal(denied.headers['access-control-allow-origin'], 'https://app.example')
  t.match(denied.headers['access-control-expose-headers'], /WWW-Authenticate/)
})

t.test('middleware behind the guard is reached only with an active token', async (t) => {
  const standIn = await startServer(t)
  const app = await buildBehindMiddleware(getOptions(standIn), (_request: IncomingMessage, response: ServerResponse) => { response.end('jobs') })
  t.teardown(async () => await app.close())
  t.equal(await getStatus(app, '/queues'), 401)
  t.equal(await getStatus(app, '/queues', await standIn.issueToken({})), 200)
})

t.test('middleware that a route calls is reached only with its role, by any spelling of the path', async (t) => {
  const standIn = await startServer(t)
  const app = await buildGuardedDashboard(getOptions(standIn), (_request: IncomingMessage, response: ServerResponse) => { response.end('jobs') })
  t.teardown(async () => await app.close())
  const [reader, operator] = [await standIn.issueToken({ roles: ['reader'] }), await standIn.issueToken({ roles: ['operator'] })]
  for (const url of ['/queues', '/queues?x=1', '/%71ueues', '/queues/', '/queues/x', '/queues//x']) {
    t.same([await getStatus(app, url), await getStatus(app, url, reader), await getStatus(app, url, operator)], [401, 403, 200], url)
  }
  for (const url of ['/Queues/x', '//queues']) t.equal(await getStatus(app, url, operator), 404, url)
})

t.test('a plugin file that is wrapped guards the routes outside of it', async (t) => {
  const standIn = await startServer(t)
  for (const [name, value] of Object.entries({ ZITADEL_ISSUER: standIn.issuer, ZITADEL_KEY: JSON.stringify('key' in standIn.credentials ? standIn.credentials.key : {}) })) {
    process.env[name] = value
    t.teardown(() => { Reflect.deleteProperty(process.env, name) })
  }
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(pluginFile)
  app.get('/', { config: { roles: ['reader'] } }, async () => [])
  t.equal(await getStatus(app, '/'), 401)
})

t.test('routes below a prefix get a default requirement', async (t) => {
  const standIn = await startServer(t)
  const app = await buildFolderDefault(getOptions(standIn))
  t.teardown(async () => await app.close())
  for (const url of ['/admin/users', '/admin', '/admin/']) {
    t.equal(await getStatus(app, url, await standIn.issueToken({})), 403, url)
    t.equal(await getStatus(app, url, await standIn.issueToken({ roles: ['admin'] })), 200, url)
  }
})

t.test('an MCP server names its resource, and guards each tool', async (t) => {
  const standIn = await startServer(t)
  const app = await buildMcpApi(getOptions(standIn))
  t.teardown(async () => await app.close())
  const metadata = await app.inject('/.well-known/oauth-protected-resource/mcp')
  t.match(metadata.json(), { resource: 'https://api.acme.example/mcp', authorization_servers: [standIn.issuer], scopes_supported: ['openid', 'urn:zitadel:iam:org:project:id:280000000000000001:aud'] })
  t.match((await app.inject({ method: 'POST', url: '/mcp', payload: {} })).headers['www-authenticate'], /scope=.*resource_metadata=/)
})

t.test('server-sent events and work with a signal end when the token is revoked', async (t) => {
  const standIn = await startServer(t)
  const news = new EventEmitter()
  const app = await buildStreamingApi(getOptions(standIn), news, async (signal) => {
    news.emit('started')
    await once(signal, 'abort')
    return String(signal.reason)
  })
  t.teardown(async () => {
    // A connection that becomes idle while the server closes would stay open for 72 seconds.
    app.server.closeAllConnections()
    await app.close()
  })
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  const token = await standIn.issueToken({ roles: ['reader'] })
  const headers = { authorization: `Bearer ${token}` }
  const started = once(news, 'started')
  const exported = fetch(`${origin}/export`, { headers })
  await started
  const leaving = new AbortController()
  const [stream] = await Promise.all([fetch(`${origin}/news`, { headers }), fetch(`${origin}/news`, { headers, signal: leaving.signal })])
  t.equal(stream.headers.get('content-type'), 'text/event-stream')
  t.equal(news.listenerCount('message'), 2)
  leaving.abort()
  while (news.listenerCount('message') > 1) await new Promise((resolve) => setTimeout(resolve, 5))
  news.emit('message', { title: 'one' })
  standIn.revoke(token)
  await app.zitadel.forget({ token })
  t.equal(await stream.text(), ': a comment, so that the headers are sent now\n\ndata: {"title":"one"}\n\nevent: end\ndata: revoked\n\n')
  t.equal(news.listenerCount('message'), 0)
  t.match(await (await exported).text(), /the token is revoked/)
})

t.test('an open response of an MCP server ends when the token is revoked', async (t) => {
  const standIn = await startServer(t)
  const stream = new PassThrough()
  const app = await buildMcpApi(getOptions(standIn), () => stream)
  t.teardown(async () => await app.close())
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  const token = await standIn.issueToken()
  stream.write('data: one\n\n')
  const response = await fetch(`${origin}/mcp`, { headers: { authorization: `Bearer ${token}` } })
  standIn.revoke(token)
  await app.zitadel.forget({ token })
  await t.rejects(response.text())
  t.ok(stream.destroyed)
})

t.test('an MCP server watches no token of a caller that has left before the handler ran', async (t) => {
  const signals = new EventEmitter()
  const [asked, answered, handled] = [once(signals, 'asked'), once(signals, 'answered'), once(signals, 'handled')]
  let introspections = 0
  const introspect = async (): Promise<object> => {
    introspections++
    signals.emit('asked')
    await answered
    return activeResponse({ aud: ['280000000000000001'], jti: 'V2_1-at_1' })
  }
  const app = await buildMcpApi({ introspect, issuer: 'https://auth.acme.example' }, () => {
    signals.emit('handled')
    return new PassThrough()
  })
  t.teardown(async () => await app.close())
  const connected = once(app.server, 'connection')
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  const caller = connect(Number(port), '127.0.0.1', () => { caller.write('GET /mcp HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer one\r\n\r\n') })
  const [connection] = await connected as [Socket]
  await asked
  caller.destroy()
  await once(connection, 'close')
  signals.emit('answered')
  await handled
  await setImmediate()
  await app.zitadel.forget({ token: 'one' })
  await setImmediate()
  await setImmediate()
  t.equal(introspections, 1, 'a token that is watched would be introspected again')
})

t.test('with the documented log controller, a denial is one line, and any other error is logged as before', async (t) => {
  const standIn = await startServer(t)
  const messages: string[] = []
  const app = createServer({ write: (line) => { messages.push(JSON.parse(line).msg) } })
  t.teardown(async () => await app.close())
  await app.register(zitadel, getOptions(standIn))
  app.get('/', async () => { throw new Error('broken') })
  t.equal(await getStatus(app, '/', 'unknown'), 401)
  t.match(messages, ['incoming request', /^fastify-zitadel: The access token is not valid here/, 'request completed'])
  messages.length = 0
  t.equal(await getStatus(app, '/', await standIn.issueToken()), 500)
  t.match(messages, ['incoming request', 'broken', 'request completed'])
})
