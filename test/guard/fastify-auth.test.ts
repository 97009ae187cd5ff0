import t from 'tap'
import { promisify } from 'node:util'
import fastifyAuth from '@fastify/auth'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import zitadel from '../../lib/index.ts'
import { createIntrospect, bearer, getter, startGuardedApp, activeResponse, roles, type TestContext } from '../fixtures/guarded-app.ts'

const responses = { good: activeResponse(), admin: activeResponse(roles({ admin: ['acme'] })), down: () => { throw new Error('down') } }

async function verifyApiKey (request: FastifyRequest): Promise<void> {
  if (request.headers['x-api-key'] !== 'key') throw Object.assign(new Error('wrong key'), { statusCode: 401 })
}

/** An app with an @fastify/auth of its own, registered before or after the plugin. */
async function withAuth (t: TestContext, first = true): Promise<FastifyInstance> {
  const app = Fastify()
  t.teardown(() => app.close())
  if (first) await app.register(fastifyAuth)
  await app.register(zitadel, { introspect: createIntrospect(responses).introspect })
  if (!first) await app.register(fastifyAuth)
  const either = { config: { access: 'own' } } as const
  const handler = async (request: FastifyRequest): Promise<string> => app.zitadel.peek(request)?.sub ?? 'key'
  const strategy = app.zitadel.require({ scopes: ['openid'] })
  app.get('/key-first', { ...either, onRequest: app.auth([verifyApiKey, strategy]) }, handler)
  app.get('/zitadel-first', { ...either, onRequest: app.auth([strategy, verifyApiKey]) }, handler)
  app.get('/both', { ...either, preHandler: app.auth([verifyApiKey, strategy], { relation: 'and' }) }, handler)
  app.get('/role', { ...either, onRequest: app.auth([app.zitadel.require({ roles: ['admin'], organization: 'acme', freshness: 10 })]) }, handler)
  app.get('/guarded', { config: { scopes: ['openid'] } }, handler)
  return app
}

for (const first of [true, false]) {
  t.test(`@fastify/auth ${first ? 'before' : 'after'} the plugin: an API key or a token is enough, in both orders`, async (t) => {
    const app = await withAuth(t, first)
    for (const url of ['/key-first', '/zitadel-first']) {
      const byToken = await app.inject({ url, headers: bearer('good') })
      t.equal(byToken.statusCode, 200, url)
      t.equal(byToken.body, 'ada')
      const byKey = await app.inject({ url, headers: { 'x-api-key': 'key' } })
      t.equal(byKey.statusCode, 200, url)
      t.equal(byKey.body, 'key')
      for (const reply of [byToken, byKey]) {
        t.notOk('www-authenticate' in reply.headers, 'no header of the strategy that failed')
        t.notOk('retry-after' in reply.headers)
      }
      t.equal((await app.inject(url)).statusCode, 401)
    }
    t.equal((await getter(app)('/guarded')).statusCode, 200)
    t.equal((await getter(app)('/guarded', null)).statusCode, 401)
  })
}

t.test('the failure of the last alternative is reported: an outage stays a 503', async (t) => {
  const app = await withAuth(t)
  const get = getter(app)
  const refused = await get('/key-first', 'bad')
  t.equal(refused.statusCode, 401)
  t.equal(refused.headers['www-authenticate'], 'Bearer error="invalid_token"')
  const down = await get('/key-first', 'down')
  t.equal(down.statusCode, 503)
  t.equal(down.headers['retry-after'], '5')
  t.equal((await app.inject({ url: '/key-first', headers: { ...bearer('down'), 'x-api-key': 'key' } })).statusCode, 200, 'a caller with a key is allowed during an outage')
})

t.test('with the relation "and", both methods are needed', async (t) => {
  const app = await withAuth(t)
  t.equal((await app.inject({ url: '/both', headers: bearer('good') })).statusCode, 401)
  t.equal((await app.inject({ url: '/both', headers: { 'x-api-key': 'key' } })).statusCode, 401)
  t.equal((await app.inject({ url: '/both', headers: { ...bearer('good'), 'x-api-key': 'key' } })).statusCode, 200)
})

t.test('a strategy makes the same checks as the config of a route', async (t) => {
  const get = getter(await withAuth(t))
  t.equal((await get('/role', 'admin')).statusCode, 200)
  const refused = await get('/role')
  t.equal(refused.statusCode, 403)
  t.equal(refused.json().code, 'FST_ZITADEL_INSUFFICIENT_ROLE')
})

t.test('without a requirement, a strategy requires an active token', async (t) => {
  const { app, zitadel, get } = await startGuardedApp(t)
  for (const [i, strategy] of [zitadel().require(), zitadel().require({}), zitadel().require({ scopes: [] })].entries()) {
    app.get(`/${i}`, { config: { access: 'own' }, onRequest: strategy }, async () => 'served')
  }
  for (const url of ['/0', '/1', '/2']) {
    t.equal((await get(url)).statusCode, 200)
    t.equal((await get(url, 'bad')).statusCode, 401)
    t.equal((await get(url, null)).statusCode, 401, 'a strategy is never optional')
  }
})

const wrong: Array<[given: unknown, message: RegExp]> = [
  [{ scope: ['openid'] }, /"scope" is unknown/],
  [{ role: ['admin'] }, /"role" is unknown/],
  [{ roles: ['admin'], organisation: 'acme' }, /"organisation" is unknown/],
  [{ access: 'own' }, /"access" is unknown/],
  [{ roles: [] }, /"roles" must be an array with/],
  [{ scopes: 'openid' }, /"scopes" must be an array/],
  [{ organization: 'acme' }, /"organization" must be given together with/],
  [{ freshness: 0 }, /"freshness" must be given together with/],
  [['admin'], /must be an object/],
  ['admin', /must be an object/],
  [null, /must be an object/]
]

t.test('a wrong requirement throws when the strategy is created', async (t) => {
  const { zitadel } = await startGuardedApp(t)
  for (const [given, message] of wrong) {
    t.throws(() => zitadel().require(given as object), { code: 'FST_ZITADEL_OPTION', message: /^zitadel\.require\(\): / }, JSON.stringify(given))
    t.throws(() => zitadel().require(given as object), { message })
  }
})

t.test('a token that a strategy accepted is checked again before the handler', async (t) => {
  const { app, clock, get, zitadel } = await startGuardedApp(t, { responses: { brief: () => activeResponse({ exp: clock.seconds + 60 }) } })
  const pass = async (_request: FastifyRequest, _reply: FastifyReply): Promise<void> => { clock.advance(61) }
  app.get('/', { config: { access: 'own' }, onRequest: zitadel().require(), preValidation: pass }, async () => 'served')
  t.equal((await get('/', 'brief')).statusCode, 401)
})

t.test('a strategy in preHandler denies a cached token that has expired', async (t) => {
  const { app, calls, clock, get } = await startGuardedApp(t, { responses: { brief: () => activeResponse({ exp: clock.seconds + 10 }) } })
  await app.register(fastifyAuth)
  app.get('/', { config: { access: 'own' }, preHandler: app.auth([app.zitadel.require()]) }, async () => 'served')
  t.equal((await get('/', 'brief')).statusCode, 200)
  clock.advance(11)
  const denied = await get('/', 'brief')
  t.equal(denied.statusCode, 401)
  t.equal(denied.json().code, 'FST_ZITADEL_INVALID_TOKEN')
  t.strictSame(calls, ['brief'], 'the cached verdict decides')
})

t.test('a strategy that is called without a callback lets no request in', async (t) => {
  const lines: string[] = []
  const { app, get, zitadel } = await startGuardedApp(t, { server: { logger: { level: 'error', stream: { write: (line) => { lines.push(line) } } } } })
  const strategy = zitadel().require({ roles: ['admin'] }) as (...given: unknown[]) => unknown
  app.get('/', { config: { access: 'own' }, onRequest: async (request, reply) => { await strategy(request, reply) } }, async () => 'served')
  for (const token of ['good', 'good', null]) {
    const response = await get('/', token)
    t.equal(response.statusCode, 500)
    t.notMatch(response.body, 'require')
  }
  t.match(lines[0], 'must be called with (request, reply, done)')
})

t.test('an asynchronous hook can await a strategy', async (t) => {
  const { app, get, zitadel } = await startGuardedApp(t, { responses: { admin: activeResponse(roles({ admin: ['acme'] })) } })
  const requireAdmin = promisify<FastifyRequest, FastifyReply>(zitadel().require({ roles: ['admin'] }))
  app.get('/', { config: { access: 'own' }, onRequest: async (request, reply) => { await requireAdmin(request, reply) } }, async (request) => request.zitadel.sub)
  for (const [token, status] of [['good', 403], ['good', 403], ['admin', 200], ['admin', 200], [null, 401]] as const) t.equal((await get('/', token)).statusCode, status, String(token))
})

t.test('a strategy in a hook that runs after the handler is refused at the line of the route', async (t) => {
  const { app } = await startGuardedApp(t)
  const strategy = app.zitadel.require() as never
  const handler = async (): Promise<string> => 'served'
  for (const hook of ['preSerialization', 'onSend', 'onResponse', 'onError', 'onTimeout', 'onRequestAbort']) {
    for (const hooks of [strategy, [async () => {}, strategy]]) {
      t.throws(() => app.get('/late', { config: { access: 'own' }, [hook]: hooks } as object, handler), { code: 'FST_ZITADEL_OPTION', message: `route GET /late: "${hook}" runs after the handler, so a strategy of app.zitadel.require() would let every request in: put it into onRequest, preParsing, preValidation or preHandler` })
    }
  }
  const early = ['onRequest', 'preParsing', 'preValidation', 'preHandler']
  for (const hook of early) app.get(`/${hook}`, { config: { access: 'own' }, [hook]: strategy, onSend: async () => {} } as object, handler)
  for (const hook of early) {
    t.equal((await app.inject(`/${hook}`)).statusCode, 401)
    t.equal((await getter(app)(`/${hook}`)).statusCode, 200)
  }
})

t.test('a strategy in a hook of an instance that runs after the handler stops the start, in any scope', async (t) => {
  for (const hook of ['preSerialization', 'onSend', 'onResponse', 'onError', 'onTimeout', 'onRequestAbort']) {
    for (const isInside of [true, false]) {
      const { app } = await startGuardedApp(t)
      const addHook = (scope: FastifyInstance): void => { scope.addHook(hook as 'onSend', app.zitadel.require() as never) }
      if (isInside) app.register(async (scope) => { addHook(scope) })
      else addHook(app)
      await t.rejects(async () => await app.ready(), { code: 'FST_ZITADEL_OPTION', message: `app.addHook(): "${hook}" runs after the handler, so a strategy of app.zitadel.require() would let every request in: put it into onRequest, preParsing, preValidation or preHandler` })
    }
  }
  const { app } = await startGuardedApp(t)
  for (const hook of ['onRequest', 'preParsing', 'preValidation', 'preHandler']) app.addHook(hook as 'onRequest', app.zitadel.require())
  await app.ready()
})

t.test('a strategy after the handler of a route stops the start, whoever has added it, in any scope', async (t) => {
  const strategy = (app: FastifyInstance): never => app.zitadel.require() as never
  const own = { access: 'own' } as const
  let older: FastifyInstance
  const cases: Record<string, (app: FastifyInstance) => unknown> = {
    'by another plugin' (app) {
      app.addHook('onRoute', (route) => { route.onSend = strategy(app) })
      app.get('/late', { config: own }, async () => 'served')
    },
    'in an older scope': (app) => older.get('/late', { config: own, onSend: strategy(app) }, async () => 'served')
  }
  for (const [name, declare] of Object.entries(cases)) {
    const app = Fastify()
    t.teardown(async () => await app.close())
    await app.register(async (scope) => { older = scope })
    await app.register(zitadel, { introspect: async () => activeResponse() })
    await t.rejects(async () => { await declare(app); await app.ready() }, { code: 'FST_ZITADEL_OPTION', message: /^route GET \/late: "onSend" runs after the handler/ }, name)
  }
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(async (scope) => {
    await scope.register(zitadel, { introspect: async () => activeResponse() })
    scope.get('/', async () => 'inside')
    app.get('/late', { onSend: strategy(scope) }, async () => 'served')
  })
  await t.rejects(async () => await app.ready(), { code: 'FST_ZITADEL_OPTION', message: /^route GET \/late: "onSend" runs after the handler/ })
})

t.test('a strategy under a key that is no hook is refused, because it would not run', async (t) => {
  const { app } = await startGuardedApp(t)
  for (const value of [app.zitadel.require(), [async () => {}, app.zitadel.require()], app.zitadel.require]) {
    for (const options of [{ prehandler: value }, { preHandlers: value }, { config: { preHandler: value } }] as object[]) {
      const [key] = Object.keys('config' in options ? options.config as object : options)
      t.throws(() => app.get('/', { ...options, config: { access: 'own', ...'config' in options ? options.config as object : {} } } as object, async () => 'served'), { code: 'FST_ZITADEL_OPTION', message: `route GET /: "${key}" is no hook, so a strategy of app.zitadel.require() would not run there: put it into onRequest, preParsing, preValidation or preHandler of the route` })
    }
  }
})

t.test('require itself is refused as a hook of a route or of an instance, because it must be called', async (t) => {
  const { app } = await startGuardedApp(t)
  const hook = app.zitadel.require as never
  for (const name of ['onRequest', 'preParsing', 'preValidation', 'preHandler', 'onSend']) {
    for (const hooks of [hook, [async () => {}, hook]]) {
      t.throws(() => app.get('/', { config: { access: 'own' }, [name]: hooks } as object, async () => 'served'), { code: 'FST_ZITADEL_OPTION', message: `route GET /: "${name}" is app.zitadel.require itself, which creates a strategy: call it, as in app.zitadel.require({ roles: [...] })` })
    }
  }
  app.addHook('preHandler', hook)
  await t.rejects(async () => await app.ready(), { code: 'FST_ZITADEL_OPTION', message: /^app\.addHook\(\): "preHandler" is app\.zitadel\.require itself/ })
})

t.test('require() refuses a second requirement, which it would ignore', async (t) => {
  const { app } = await startGuardedApp(t)
  const require = app.zitadel.require as (...requirements: unknown[]) => unknown
  for (const second of [{ roles: ['admin'] }, {}, ['admin'], 'admin', undefined]) t.throws(() => require({ scopes: [] }, second), { code: 'FST_ZITADEL_OPTION', message: /^zitadel\.require\(\): it takes one requirement, and others would be ignored/ })
  t.equal([{ roles: ['reader'] }, { roles: ['admin'] }].map(app.zitadel.require).length, 2, 'map gives an index and an array')
})
