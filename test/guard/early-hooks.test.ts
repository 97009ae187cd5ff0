import t from 'tap'
import fastifyAuth from '@fastify/auth'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, type onRequestHookHandler, type preHandlerHookHandler } from 'fastify'
import { createPlugin } from '../../lib/plugin.ts'
import { activeResponse, createIntrospect, getter, roles, startGuardedApp, type GuardedApp, type TestContext } from '../fixtures/guarded-app.ts'
import { ManualClock } from '../fixtures/clock.ts'

const admin = activeResponse(roles({ admin: ['acme'] }))

/** Calls back, and returns a promise: Fastify takes both for the end of the hook. */
const callBackTwice = ((_request: FastifyRequest, _reply: FastifyReply, done: () => void) => Promise.resolve().then(() => done())) as unknown as onRequestHookHandler

/** An app whose first hook calls back twice. */
async function startApp (t: TestContext): Promise<Pick<GuardedApp, 'app' | 'get'> & { served: string[] }> {
  const app = Fastify()
  const served: string[] = []
  t.teardown(async () => await app.close())
  app.addHook('onRequest', callBackTwice)
  await app.register(createPlugin(new ManualClock()), { introspect: createIntrospect({ good: activeResponse(), admin, down: () => { throw new Error('down') } }).introspect })
  const serve = async (request: FastifyRequest): Promise<string> => {
    served.push(request.url)
    return app.zitadel.peek(request)?.sub ?? 'guest'
  }
  app.all('/', { config: { roles: ['admin'] } }, serve)
  app.get('/optional', { config: { access: 'optional' } }, serve)
  app.get('/strategy', { config: { roles: ['admin'] }, onRequest: app.zitadel.require() }, serve)
  return { app, served, get: getter(app) }
}

t.test('an earlier hook that calls back twice lets no request in', async (t) => {
  const { served, get } = await startApp(t)
  for (const [url, token, status] of [['/', 'bad', 401], ['/', 'bad', 401], ['/', 'good', 403], ['/', 'down', 503], ['/', 'a token', 400], ['/', null, 401], ['/optional', 'worse', 401], ['/strategy', 'worst', 401], ['/strategy', 'good', 403]] as const) {
    t.equal((await get(url, token)).statusCode, status, `${url} ${token}`)
  }
  t.equal((await get('/', 'unknown', { method: 'POST', payload: { order: 1 } })).statusCode, 401)
  t.strictSame(served, [])
  for (const url of ['/', '/strategy']) t.equal((await get(url, 'admin')).body, 'ada', url)
  t.equal((await get('/optional', null)).body, 'guest')
})

t.test('a denied or failed request does not reach its handler while a hook delays the response', async (t) => {
  const { app, served, get } = await startApp(t)
  const limit: onRequestHookHandler = (_request, _reply, done) => { done(Object.assign(new Error('too many'), { statusCode: 429 })) }
  app.get('/limited', { config: { roles: ['admin'] }, onRequest: limit }, async (request) => { served.push(request.url) })
  app.addHook('onSend', async () => await new Promise((resolve) => { setImmediate(resolve) }))
  for (const token of [null, 'bad', 'bad', 'good']) t.equal((await get('/', token)).statusCode, token === 'good' ? 403 : 401)
  for (const token of ['admin', 'admin']) t.equal((await get('/limited', token)).statusCode, 429)
  t.strictSame(served, [])
})

t.test('a denied request can still be answered by the not-found handler', async (t) => {
  for (const start of [startApp, startGuardedApp] as const) {
    const { app, get } = await start(t)
    app.setErrorHandler((_error, _request, reply) => { reply.callNotFound() })
    app.get('/secret', { config: { roles: ['owner'] } }, async () => 'served')
    for (const token of ['bad', 'bad', 'good', null]) t.equal((await get('/secret', token)).statusCode, 404, String(token))
  }
})

t.test('a strategy decides, although a hook has passed the request on before it called back', async (t) => {
  const { app, get, zitadel } = await startGuardedApp(t, { responses: { admin } })
  await app.register(fastifyAuth)
  // An asynchronous function must not call back as well.
  const verifyKey = async (request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): Promise<void> => done(request.headers['x-api-key'] === 'key' ? undefined : new Error('wrong key'))
  const strategy = zitadel().require({ roles: ['admin'] })
  const config = { access: 'own' } as const
  const served: string[] = []
  const serve = async ({ url }: FastifyRequest): Promise<string> => { served.push(url); return url }
  app.get('/or', { config, onRequest: app.auth([verifyKey as never, strategy]) }, serve)
  app.get('/and', { config, onRequest: app.auth([verifyKey as never, strategy], { relation: 'and' }) }, serve)
  app.get('/ignored', { config, onRequest: async (request, reply) => strategy(request, reply, () => {}) }, serve)
  app.get('/handler', { config, preHandler: async (request, reply) => strategy(request, reply, () => {}) }, serve)
  app.get('/several', { config, preHandler: [async (request, reply) => strategy(request, reply, () => {}), async () => {}] }, serve)
  app.get('/sent', { config, preValidation: async (request, reply) => strategy(request, reply, (error) => { if (error !== undefined) reply.send(error) }) }, serve)
  for (const [url, key] of [['/or', 'wrong'], ['/and', 'key'], ['/ignored', ''], ['/handler', ''], ['/several', ''], ['/sent', '']] as const) {
    const denied = await get(url, `unknown-${url.slice(1)}`, { headers: { authorization: `Bearer unknown-${url.slice(1)}`, 'x-api-key': key } })
    t.equal(denied.statusCode, 401, url)
    t.equal(denied.json().code, 'FST_ZITADEL_INVALID_TOKEN')
    t.equal(denied.headers['www-authenticate'], 'Bearer error="invalid_token"')
  }
  t.strictSame(served, [])
  for (const url of ['/or', '/and', '/ignored', '/handler', '/several', '/sent']) {
    await zitadel().forget({ token: 'admin' })
    t.equal((await get(url, 'admin', { headers: { authorization: 'Bearer admin', 'x-api-key': 'key' } })).body, url)
  }
})

t.test('a request waits before its handler, whoever has added the preHandler hook', async (t) => {
  const served: string[] = []
  const serve = async ({ url }: FastifyRequest, reply: FastifyReply): Promise<string> => { served.push(url); return await reply.code(200).send(url) }
  const config = { access: 'own' } as const
  type Declare = (app: FastifyInstance, ignore: preHandlerHookHandler) => unknown
  let older: FastifyInstance
  const cases: Array<{ name: string, early?: Declare, late?: Declare }> = [
    { name: 'instance', late: (app, ignore) => app.addHook('preHandler', ignore).get('/instance', { config }, serve) },
    { name: 'scope', late: (app, ignore) => app.register(async (scope) => { scope.get('/scope', { config }, serve).addHook('preHandler', ignore) }) },
    { name: 'plugin', late: (app, ignore) => app.addHook('onRoute', (route) => { route.preHandler = [route.preHandler ?? [], ignore].flat() }).get('/plugin', { config }, serve) },
    { name: 'not-found', late: (app, ignore) => app.setNotFoundHandler({ preHandler: ignore }, serve) },
    { name: 'early', early: (app, ignore) => app.get('/early', { config, preHandler: ignore }, serve) },
    { name: 'older-scope', early: async (app) => await app.register(async (scope) => { older = scope }), late: (_app, ignore) => older.get('/older-scope', { config, preHandler: ignore }, serve) }
  ]
  for (const { name, early, late } of cases) {
    const app = Fastify()
    t.teardown(async () => await app.close())
    const ignore: preHandlerHookHandler = async (request, reply) => app.zitadel.require({ roles: ['admin'] })(request, reply, () => {})
    await early?.(app, ignore)
    await app.register(createPlugin(new ManualClock()), { introspect: createIntrospect({ good: activeResponse(), admin }).introspect })
    late?.(app, ignore)
    const get = getter(app)
    for (const [token, status] of [['unknown', 401], ['good', 403]] as const) t.equal((await get(`/${name}`, token)).statusCode, status, `${name}: ${token}`)
    t.strictSame(served.splice(0), [], name)
    t.equal((await get(`/${name}`, 'admin')).body, `/${name}`)
    served.length = 0
  }
})

t.test('a hook that throws when a strategy calls back fails its request, and not the process', async (t) => {
  const { app, get, zitadel } = await startGuardedApp(t, { responses: { admin } })
  const strategy = zitadel().require({ roles: ['admin'] })
  const config = { access: 'own' } as const
  const served: string[] = []
  const serve = async ({ url }: FastifyRequest): Promise<string> => { served.push(url); return url }
  const rethrow = (error?: Error): void => { if (error !== undefined) throw error }
  app.get('/promise', { config, onRequest: async (request, reply) => strategy(request, reply, rethrow) }, serve)
  app.get('/callback', { config, onRequest: (request, reply, done) => strategy(request, reply, (error) => { rethrow(error); done() }) }, serve)
  app.get('/handler', { config, preHandler: async (request, reply) => strategy(request, reply, rethrow) }, serve)
  app.get('/broken', { config, onRequest: (request, reply) => strategy(request, reply, () => { throw new Error('broken') }) }, serve)
  for (const url of ['/promise', '/callback', '/handler']) {
    for (const token of [`new${url}`, `new${url}`, null]) t.equal((await get(url, token)).statusCode, 401, `${url} ${token}`)
  }
  for (const token of ['new-broken', 'admin', 'admin']) t.equal((await get('/broken', token)).statusCode, 500, token)
  t.strictSame(served, [])
})

t.test('an error that a hook throws after the response is logged', async (t) => {
  const lines: string[] = []
  const { app, get, zitadel } = await startGuardedApp(t, { server: { logger: { level: 'error', stream: { write: (line) => { lines.push(line) } } } } })
  const strategy = zitadel().require()
  const onRequest: onRequestHookHandler = (request, reply) => {
    strategy(request, reply, () => { throw new Error('late') })
    reply.send('early')
  }
  app.get('/', { config: { access: 'own' }, onRequest }, async () => {})
  t.equal((await get('/', 'new')).body, 'early')
  t.match(lines.map((line) => JSON.parse(line)), [{ err: { message: 'late' }, msg: 'fastify-zitadel: an error was thrown when a check of the token called back, and another response is under way' }])
})

t.test('a response that has begun is not replaced by the error of a hook', async (t) => {
  const { app, get, zitadel } = await startGuardedApp(t)
  const strategy = zitadel().require()
  const onRequest: onRequestHookHandler = (request, reply) => {
    reply.raw.writeHead(200)
    strategy(request, reply, () => {
      setImmediate(() => reply.raw.end('whole'))
      throw new Error('late')
    })
  }
  app.get('/', { config: { access: 'own' }, onRequest }, async () => {})
  const { statusCode, body } = await get('/', 'new')
  t.same([statusCode, body], [200, 'whole'])
})

t.test('a request outside of the scope of the guard waits before its handler, too', async (t) => {
  const served: string[] = []
  const serve = async ({ url }: FastifyRequest): Promise<string> => { served.push(url); return url }
  const app = Fastify()
  t.teardown(async () => await app.close())
  let strategy: onRequestHookHandler
  await app.register(async (scope) => {
    await scope.register(createPlugin(new ManualClock()), { introspect: createIntrospect({ good: activeResponse(), admin }).introspect })
    strategy = scope.zitadel.require({ roles: ['admin'] }) as onRequestHookHandler
    scope.get('/', async () => 'inside')
  })
  const ignore = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => { strategy.call(app, request, reply, () => {}) }
  const hooks = ['onRequest', 'preParsing', 'preValidation', 'preHandler']
  for (const hook of hooks) app.get(`/${hook}`, { [hook]: ignore }, serve)
  const get = getter(app)
  for (const hook of hooks) t.equal((await get(`/${hook}`, `${hook}-unknown`)).statusCode, 401, hook)
  t.strictSame(served, [])
  t.equal((await get('/onRequest', 'admin')).body, '/onRequest')
})

for (const check of ['first', 'second', 'strategy'] as const) {
  for (const isBefore of [true, false]) {
    for (const active of [true, false]) {
      t.test(`a ${check} check with ${active ? 'an active' : 'an inactive'} token does not go on while an onError hook registered ${isBefore ? 'before' : 'after'} the plugin runs`, async (t) => {
        let calls = 0
        let begin = (): void => {}
        let end = (): void => {}
        const begun = new Promise<void>((resolve) => { begin = resolve })
        const ended = new Promise<void>((resolve) => { end = resolve })
        const served: string[] = []
        const app = Fastify({ handlerTimeout: 50 } as object)
        t.teardown(async () => await app.close())
        const addErrorHook = (): void => {
          app.addHook('onError', async () => {
            begin()
            await ended
          })
        }
        if (isBefore) addErrorHook()
        await app.register(createPlugin(new ManualClock()), {
          introspect: async () => {
            if (++calls < (check === 'second' ? 2 : 1)) return activeResponse()
            await begun
            // After what continues when the response has arrived.
            setImmediate(() => setImmediate(end))
            return active ? activeResponse() : { active }
          }
        })
        if (!isBefore) addErrorHook()
        app.addHook('preValidation', async () => { if (check !== 'strategy') await app.zitadel.forget({ token: 'good' }) })
        const strategy = app.zitadel.require()
        const route = check === 'strategy' ? { config: { access: 'own' as const }, onRequest: async (request: FastifyRequest, reply: FastifyReply) => strategy(request, reply, () => {}) } : {}
        // An asynchronous handler: Fastify sends what its promise resolves with, and nothing waits for that.
        app.get('/', route, async () => {
          served.push('served')
          return 'served'
        })
        t.equal((await getter(app)('/')).statusCode, 503)
        t.strictSame(served, [])
      })
    }
  }
}

t.test('a route where a token is optional does not pass for a check of an earlier strategy', async (t) => {
  let response = activeResponse()
  let wait = (): void => {}
  const clock = new ManualClock()
  const app = Fastify()
  t.teardown(async () => await app.close())
  app.addHook('onRequest', (request, reply, done) => { app.zitadel.require()(request, reply, done) })
  app.addHook('onRequest', async ({ headers }) => {
    wait()
    delete headers.authorization
  })
  await app.register(createPlugin(clock), { introspect: async () => response })
  app.get('/', { config: { access: 'optional' } }, async (request) => app.zitadel.peek(request)?.sub)
  t.equal((await getter(app)('/')).body, 'ada')
  wait = () => {
    response = { active: false }
    clock.advance(60)
  }
  t.equal((await getter(app)('/')).statusCode, 401)
})
