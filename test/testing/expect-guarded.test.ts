import t from 'tap'
import { diagnoseAccess } from '../../lib/cli/access/access-diagnosis.ts'
import cors from '@fastify/cors'
import rateLimit from '@fastify/rate-limit'
import websocket from '@fastify/websocket'
import fastifyAuth from '@fastify/auth'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import zitadel, { type ZitadelOptions } from '../../lib/index.ts'
import { listServedRoutes, type AnyApp } from '../../lib/guard/routes/served-routes.ts'
import { expectGuarded, fakeZitadel } from '../../lib/testing/index.ts'
import { inspectRoutes } from '../../lib/testing/guarded/inspect-routes.ts'
import type { TestContext } from '../fixtures/guarded-app.ts'

interface Subject {
  readonly app: FastifyInstance
  /** Routes whose handler has run. */
  readonly calls: string[]
  readonly handler: (request: { method: string, url: string }) => Promise<string>
  readonly as: ReturnType<typeof fakeZitadel>['as']
}

async function createSubject (t: TestContext, options: ZitadelOptions = {}, server: FastifyServerOptions = {}, before = (_app: FastifyInstance, _handler: Subject['handler']): void => {}): Promise<Subject> {
  const app = Fastify(server)
  t.teardown(() => app.close())
  const calls: string[] = []
  const handler: Subject['handler'] = async ({ method, url }) => {
    calls.push(`${method} ${url}`)
    return 'served'
  }
  const { introspect, as } = fakeZitadel()
  before(app, handler)
  await app.register(zitadel, { introspect, ...options })
  return { app, calls, handler, as }
}

async function findProblems (app: AnyApp): Promise<string[]> {
  return (await inspectRoutes(app)).problems
}

t.test('it returns the access of each route, sorted by URL and method', async (t) => {
  const { app, calls, handler } = await createSubject(t, {}, {}, (app, handler) => { app.get('/early', handler) })
  app.get('/orders', { config: { roles: ['reader'] } }, handler)
  app.post('/orders', { config: { scopes: ['openid', 'orders'], roles: [['writer'], ['admin']], freshness: 0 } }, handler)
  app.delete('/orders/:id', { config: { roles: ['admin'], organization: () => '290' } }, handler)
  app.get('/health', { config: { access: 'public' } }, handler)
  app.get('/me', { config: { access: 'optional' } }, handler)
  await app.register(async (child) => { child.get('/stock', { config: { roles: ['reader'], organization: '290' } }, handler) }, { prefix: '/v2' })
  t.same(await expectGuarded(app), [
    { method: 'GET', url: '/early', access: 'guarded' },
    { method: 'GET', url: '/health', access: 'public' },
    { method: 'GET', url: '/me', access: 'optional' },
    { method: 'GET', url: '/orders', access: 'guarded', roles: ['reader'] },
    { method: 'POST', url: '/orders', access: 'guarded', scopes: ['openid', 'orders'], roles: [['admin'], ['writer']], freshness: 0 },
    { method: 'DELETE', url: '/orders/:id', access: 'guarded', roles: ['admin'], organization: 'per request' },
    { method: 'GET', url: '/v2/stock', access: 'guarded', roles: ['reader'], organization: '290' }
  ])
  t.same(calls, [], 'no handler has run')
})

t.test('the app serves as before, and can be inspected again and at the same time', async (t) => {
  const { app, calls, handler, as } = await createSubject(t)
  app.get('/orders', { config: { roles: ['reader'] } }, handler)
  const [one, other, response] = await Promise.all([expectGuarded(app), expectGuarded(app), app.inject({ url: '/orders', headers: as({ roles: ['reader'] }) })])
  t.same(one, other)
  t.equal(response.statusCode, 200)
  t.same(calls, ['GET /orders'])
  t.equal((await app.inject('/orders')).statusCode, 401)
})

t.test('a route outside of the scope of the guard is named, and its handler does not run', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const calls: string[] = []
  const { introspect } = fakeZitadel()
  await app.register(async (child) => {
    await child.register(zitadel, { introspect })
    child.get('/inside', async () => 'served')
  })
  app.delete('/orders/:id', async () => { calls.push('deleted') })
  app.get('/health', { config: { access: 'public' } }, async () => 'up')
  app.get('/me', { config: { access: 'optional' } }, async () => 'you')
  app.get('/by-key', { onRequest: async (_request, reply) => await reply.code(401).send() }, async () => 'served')
  const error = await expectGuarded(app).then(() => undefined, (error: Error & { code: string }) => error)
  t.equal(error?.code, 'ERR_ASSERTION')
  t.match(error?.message, /^A request without a token is not denied by 1 route:\n {2}DELETE \/orders\/:id: it is outside of the scope of fastify-zitadel\. Register the plugin on the root/)
  t.same(calls, [])
  t.same((await inspectRoutes(app)).rows, [
    { method: 'GET', url: '/by-key', access: 'own' },
    { method: 'GET', url: '/health', access: 'public' },
    { method: 'GET', url: '/inside', access: 'guarded' },
    { method: 'GET', url: '/me', access: 'optional' },
    { method: 'DELETE', url: '/orders/:id', access: 'own' }
  ])
})

t.test('without the plugin, the message states that', async (t) => {
  const app = Fastify({ exposeHeadRoutes: false })
  t.teardown(() => app.close())
  t.same(await expectGuarded(app), [], 'no route, no problem')
  const open = Fastify()
  t.teardown(() => open.close())
  open.get('/', async () => 'served')
  await t.rejects(expectGuarded(open), { message: /by 2 routes:\nfastify-zitadel is not registered on this server\.\n {2}GET \/: .*\n {2}HEAD \/: / })
})

t.test('a route that is open because of undeclaredRoutes: public is named', async (t) => {
  const { app, handler } = await createSubject(t, { undeclaredRoutes: 'public' }, { exposeHeadRoutes: false })
  app.get('/forgotten', handler)
  app.get('/declared', { config: { access: 'public' } }, handler)
  app.get('/guarded', { config: { scopes: [] } }, handler)
  t.match(await findProblems(app), [/^GET \/forgotten: it declares nothing, and the option undeclaredRoutes: 'public' leaves it open\. Write config: /])
  const decided = await createSubject(t, { undeclaredRoutes: ({ url }) => url.startsWith('/docs') ? 'public' : 'protected' })
  decided.app.get('/docs/page', handler)
  t.same(await expectGuarded(decided.app), [{ method: 'GET', url: '/docs/page', access: 'public' }], 'a function decides for the route')
})

t.test('on a route with access own, one of its hooks must deny the request', async (t) => {
  const { app, calls, handler } = await createSubject(t, {}, { exposeHeadRoutes: false })
  await app.register(fastifyAuth)
  const own = { access: 'own' } as const
  const schema = { querystring: { type: 'object', required: ['since'] }, params: { type: 'object', properties: { id: { type: 'integer' } } } }
  app.get('/by-strategy', { config: own, onRequest: app.auth([app.zitadel.require({ roles: ['auditor'] })]) }, handler)
  app.get('/after-validation/:id', { config: own, schema, preHandler: async (_request, reply) => await reply.code(403).send() }, handler)
  app.get('/open/:id', { config: own, schema }, handler)
  t.match(await findProblems(app), [/^GET \/open\/:id: it declares access: 'own', and none of its hooks denies/])
  t.same(calls, [])
  t.equal((await app.inject('/open/x?since=1')).statusCode, 400, 'the schema is still checked')
})

t.test('every method, version and form of URL is reached', async (t) => {
  const { app, calls, handler } = await createSubject(t, {}, { routerOptions: { caseSensitive: false } })
  app.all('/all', { config: { roles: ['admin'] } }, handler)
  app.get('/Files/:name.png', handler)
  app.get('/at/:hour(^\\d{2})h:minute(^\\d{2})m', handler)
  app.get('/optional/:id?', handler)
  app.get('/literal::colon', handler)
  app.get('*', handler)
  for (const [version, role] of [['1.0.0', 'one'], ['2.0.0', 'two']] as const) app.get('/versions', { constraints: { version }, config: { roles: [role] } }, handler)
  app.get('/hosts', { constraints: { host: /^api\./ } }, handler)
  app.head('/versions', { config: { roles: ['head'] } }, handler)
  await app.register(async (child) => { child.get('/', handler) }, { prefix: '/prefix' })
  const rows = await expectGuarded(app)
  t.same(calls, [])
  t.same(rows.filter(({ url }) => url === '/all').map(({ method }) => method), ['DELETE', 'GET', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'QUERY', 'TRACE'].filter((method) => rows.some((row) => row.method === method)))
  t.same(rows.filter(({ method, url }) => method === 'GET' && url !== '/all'), [
    { method: 'GET', url: '*', access: 'guarded' },
    { method: 'GET', url: '/Files/:name.png', access: 'guarded' },
    { method: 'GET', url: '/at/:hour(^\\d{2})h:minute(^\\d{2})m', access: 'guarded' },
    { method: 'GET', url: '/hosts', constraints: { host: '/^api\\./' }, access: 'guarded' },
    { method: 'GET', url: '/literal::colon', access: 'guarded' },
    { method: 'GET', url: '/optional', access: 'guarded' },
    { method: 'GET', url: '/optional/:id', access: 'guarded' },
    { method: 'GET', url: '/prefix', access: 'guarded' },
    { method: 'GET', url: '/prefix/', access: 'guarded' },
    { method: 'GET', url: '/versions', constraints: { version: '1.0.0' }, access: 'guarded', roles: ['one'] },
    { method: 'GET', url: '/versions', constraints: { version: '2.0.0' }, access: 'guarded', roles: ['two'] }
  ])
  t.same(rows.filter(({ method }) => method === 'HEAD'), [{ method: 'HEAD', url: '/versions', access: 'guarded', roles: ['head'] }], 'a HEAD route that differs has a row')
})

t.test('two guards in sibling scopes each decide for their routes', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const { introspect } = fakeZitadel()
  for (const [prefix, role] of [['/one', 'a'], ['/two', 'b']] as const) {
    await app.register(async (child) => {
      await child.register(zitadel, { introspect, undeclaredRoutes: () => ({ roles: [role] }) })
      child.get('/x', async () => 'served')
    }, { prefix })
  }
  t.same((await expectGuarded(app)).map(({ url, roles }) => [url, roles]), [['/one/x', ['a']], ['/two/x', ['b']]])
})

t.test('a hook that responds before the guard is named', async (t) => {
  const { app, handler } = await createSubject(t, {}, { exposeHeadRoutes: false }, (app) => {
    app.addHook('onRequest', async (request, reply) => {
      const status = { '/cached': 200, '/limited': 429, '/broken': 500, '/hidden': 404 }[request.url]
      if (status !== undefined) await reply.code(status).send()
    })
  })
  for (const url of ['/cached', '/limited', '/broken', '/hidden', '/other']) app.get(url, handler)
  t.match(await findProblems(app), [
    /^GET \/broken: a hook answers 500 before the guard, so nothing is proven/,
    /^GET \/cached: a hook answers 200 without a token/,
    /^GET \/limited: a hook answers 429 before the guard/
  ])
})

t.test('a rate limit by address does not count the requests together', async (t) => {
  const { app, handler } = await createSubject(t, {}, {}, (app) => { app.register(rateLimit, { max: 2 }) })
  for (let index = 0; index < 300; index++) app.get(`/${index}`, handler)
  t.equal((await expectGuarded(app)).length, 300)
})

t.test('a route whose config is invalid is named with the mistake', async (t) => {
  const { app, handler } = await createSubject(t, {}, { exposeHeadRoutes: false })
  app.get('/fine', handler)
  const changed: unknown[] = ['admin']
  app.get('/changed', { config: { roles: changed as string[] } }, handler)
  await app.ready()
  changed.push(1)
  t.match(await findProblems(app), [/^GET \/changed: it answers 500\. route GET \/changed: "roles" must be/])
})

t.test('a guarded route whose hooks were removed is named', async (t) => {
  const { app, calls, handler } = await createSubject(t, {}, { exposeHeadRoutes: false })
  app.get('/x', handler)
  await app.ready()
  const [route] = listServedRoutes(app)
  const hooks = route!.context.onRequest as Array<(...args: never[]) => unknown>
  const named = Object.defineProperty((_request: unknown, _reply: unknown, done: () => void) => { done() }, 'name', { value: hooks[0]!.name })
  hooks.splice(0, hooks.length, named)
  t.match(await findProblems(app), [/^GET \/x: its config requires a token, and the request passes/])
  t.same(calls, [])
})

t.test('a hook that gives no response is named after a time', async (t) => {
  const { app, handler } = await createSubject(t, {}, { exposeHeadRoutes: false }, (app) => { app.addHook('onRequest', () => {}) })
  app.get('/x', handler)
  t.same((await inspectRoutes(app, 1)).problems, ['GET /x: a hook gives no response, so nothing is proven'])
})

t.test('a hook that destroys the connection gives no response, and the time limit is not waited for', async (t) => {
  const { app, handler } = await createSubject(t, {}, { exposeHeadRoutes: false }, (app) => {
    app.addHook('onRequest', (request, reply) => {
      if (request.url === '/response') reply.raw.destroy(new Error('ended'))
      else if (request.url === '/request') request.raw.destroy(new Error('ended'))
      else request.raw.socket.destroy(new Error('ended'))
    })
  })
  for (const url of ['/response', '/request', '/socket']) app.get(url, handler)
  const start = performance.now()
  t.same((await inspectRoutes(app, 60_000)).problems, ['/request', '/response', '/socket'].map((url) => `GET ${url}: a hook gives no response, so nothing is proven`))
  t.ok(performance.now() - start < 30_000)
})

t.test('CORS, WebSocket routes, a logger and hooks for timeouts are no problem', async (t) => {
  const { app, calls, handler } = await createSubject(t, {}, { logger: { level: 'silent' }, connectionTimeout: 1000, exposeHeadRoutes: false }, (app) => {
    app.register(cors, { origin: 'https://app.acme.example' })
    app.register(websocket)
  })
  app.addHook('onTimeout', async () => {})
  app.addHook('onResponse', async () => {})
  app.register(async (child) => { child.get('/socket', { websocket: true }, () => { calls.push('socket') }) })
  app.post('/orders', { config: { roles: ['writer'] }, handlerTimeout: 1000 }, handler)
  t.same(await expectGuarded(app), [
    { method: 'OPTIONS', url: '*', access: 'guarded' },
    { method: 'POST', url: '/orders', access: 'guarded', roles: ['writer'] },
    { method: 'GET', url: '/socket', access: 'guarded' }
  ])
  t.same(calls, [])
})

t.test('a version of Fastify whose routes cannot be listed is refused', async (t) => {
  t.throws(() => listServedRoutes({ printRoutes: () => '└── / (GET)' } as unknown as AnyApp), { code: 'FST_ZITADEL_OPTION' })
})

// As the hooks of guards are named in each copy.
for (const name of ['fastifyZitadelOnRequest', 'fastifyZitadelOnRequest2']) {
  t.test(`a route that the guard ${name} of another copy of the package guards is named, because its rule is not known`, async (t) => {
    const app = Fastify({ exposeHeadRoutes: false })
    t.teardown(() => app.close())
    app.addHook('onRequest', async function other () {})
    app.addHook('onRequest', Object.defineProperty(async (_request: unknown, reply: { code: (status: number) => { send: () => unknown } }) => await reply.code(401).send(), 'name', { value: name }))
    app.get('/orders', { config: { roles: ['reader'] } }, async () => [])
    await t.rejects(expectGuarded(app), { message: /by 1 route:\n {2}GET \/orders: another copy of fastify-zitadel guards it, .* Install the package once, and run the command in the folder of the server\. With tsx, set "type": "module" in package\.json$/ })
    t.match(await diagnoseAccess(app, { method: 'GET', url: '/orders', headers: {} }, undefined), [{ id: 'route', status: 'ok' }, { id: 'rule', status: 'failed', cause: 'other_copy', message: /^Another copy of fastify-zitadel guards the route/ }])
  })
}

t.test('what is no Fastify instance is rejected, such as a promise of one', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  for (const wrong of [null, undefined, 5, {}, () => app, Promise.resolve({ app })]) await t.rejects(expectGuarded(wrong as never), { name: 'TypeError', message: /^expectGuarded\(\): "app" must be a Fastify instance\. If a function builds it, call the function and await its promise$/ })
})
