import t from 'tap'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import Fastify, { type FastifyInstance } from 'fastify'
import websocket from '@fastify/websocket'
import cors from '@fastify/cors'
import fp from 'fastify-plugin'
import { restoreHookName } from '../../lib/guard/routes/guarded-routes.ts'
import { listNotFoundContexts } from '../../lib/guard/routes/not-found-contexts.ts'
import zitadel, { type IntrospectionResponse, type ZitadelOptions } from '../../lib/index.ts'
import { createIntrospect, activeResponse, bearer, roles, startGuardedApp, type TestContext } from '../fixtures/guarded-app.ts'

type Middleware = (req: IncomingMessage, res: ServerResponse, next: () => void) => void

/** As @fastify/middie does: `app.use(path, middleware)` runs in an onRequest hook, whether a route matches or not. */
const middie = fp(async (app: FastifyInstance) => {
  const stack: Array<[string, Middleware]> = []
  app.decorate('use', ((path: string, run: Middleware) => { stack.push([path, run]) }) as never)
  app.addHook('onRequest', (request, reply, done) => {
    const found = stack.find(([path]) => request.url.startsWith(path))
    if (found === undefined) return done()
    found[1](request.raw, reply.raw, done)
  })
})

const serve: Middleware = (_req, res) => { res.end('SECRET') }
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'] as const
const preflight = { origin: 'https://a.example', 'access-control-request-method': 'GET' }

interface LoggedApp { app: FastifyInstance, warnings: () => string[] }

function createApp (t: TestContext): LoggedApp {
  const lines: string[] = []
  const app = Fastify({ logger: { level: 'warn', stream: { write: (line) => { lines.push(JSON.parse(line).msg) } } } })
  t.teardown(async () => await app.close())
  return { app, warnings: () => lines.filter((line) => line.startsWith('fastify-zitadel')) }
}

async function register (app: FastifyInstance, unmatched: ZitadelOptions['unmatched']): Promise<void> {
  await app.register(zitadel, { introspect: createIntrospect({ good: activeResponse() }).introspect, unmatched })
}

function use (app: FastifyInstance): void {
  (app as unknown as { use: (path: string, run: Middleware) => void }).use('/jobs', serve)
}

const warning = (servers: string): string => `fastify-zitadel: requests that no route matches are not guarded, and ${servers} may serve them: set the option "unmatched" to 'protected' or 'open'`

for (const unmatched of [undefined, 'open'] as const) {
  t.test(`unmatched ${unmatched ?? 'not set'}: middleware and a not-found handler serve without a token${unmatched ? '' : ', and one warning says so'}`, async (t) => {
    const { app, warnings } = createApp(t)
    await register(app, unmatched)
    await app.register(middie)
    use(app)
    app.setNotFoundHandler(async (_request, reply) => await reply.send('PAGE'))
    t.equal((await app.inject('/jobs')).body, 'SECRET')
    t.equal((await app.inject('/other')).body, 'PAGE')
    t.strictSame(warnings(), unmatched ? [] : [warning('middleware (app.use) and a not-found handler')])
  })
}

t.test('unmatched: protected: every method needs an active token, and a preflight too', async (t) => {
  const { app, warnings } = createApp(t)
  await register(app, 'protected')
  await app.register(middie)
  use(app)
  app.setNotFoundHandler(async (_request, reply) => await reply.send('PAGE'))
  app.get('/public', { config: { access: 'public' } }, async () => 'served')
  for (const method of METHODS) {
    for (const url of ['/jobs', '/other', '/public/no']) {
      for (const headers of [{}, bearer('bad'), preflight]) {
        const reply = await app.inject({ method, url, headers })
        t.equal(reply.statusCode, 401, `${method} ${url}`)
        t.match(reply.headers['www-authenticate'], /^Bearer/)
      }
      t.equal((await app.inject({ method, url, headers: bearer('good') })).statusCode, 200, `${method} ${url}`)
    }
  }
  t.equal((await app.inject({ method: 'POST', url: '/public' })).statusCode, 401, 'a known URL by an unknown method')
  t.equal((await app.inject('/public')).statusCode, 200)
  t.strictSame(warnings(), [])
})

t.test('unmatched: protected: an unknown URL is 401 without a token and 404 with one', async (t) => {
  const { app } = createApp(t)
  await register(app, 'protected')
  t.equal((await app.inject('/unknown')).statusCode, 401)
  t.equal((await app.inject({ url: '/unknown', headers: bearer('good') })).statusCode, 404)
})

t.test('unmatched: protected: preflights that @fastify/cors serves need no token', async (t) => {
  const { app } = createApp(t)
  await app.register(cors)
  await register(app, 'protected')
  t.equal((await app.inject({ method: 'OPTIONS', url: '/unknown', headers: preflight })).statusCode, 204)
})

for (const unmatched of [undefined, 'open', 'protected'] as const) {
  t.test(`unmatched ${unmatched ?? 'not set'}: middleware that was registered before the guard serves without a token, over a guarded route too${unmatched === 'open' ? '' : ', and a warning says so'}`, async (t) => {
    const { app, warnings } = createApp(t)
    await app.register(middie)
    await register(app, unmatched)
    use(app)
    app.all('/jobs/guarded', { config: { roles: ['admin'] } }, async () => 'served')
    t.equal((await app.inject('/jobs')).body, 'SECRET')
    t.equal((await app.inject('/jobs/guarded')).body, 'SECRET')
    t.strictSame(warnings(), unmatched === 'open' ? [] : ['fastify-zitadel: middleware was registered before this plugin and runs before the guard, so neither the option "unmatched" nor a guarded route protects what it serves: register this plugin first'])
  })
}

t.test('a not-found handler of a prefixed scope is found, before and after the registration', async (t) => {
  for (const isBefore of [true, false]) {
    const { app, warnings } = createApp(t)
    const shop = async (scope: FastifyInstance): Promise<void> => { scope.setNotFoundHandler(async (_request, reply) => await reply.send('PAGE')) }
    if (isBefore) app.register(shop, { prefix: '/shop' })
    await register(app, undefined)
    if (!isBefore) app.register(shop, { prefix: '/shop' })
    await app.ready()
    t.strictSame(warnings(), [warning('a not-found handler')])
  }
})

t.test('a not-found handler outside of the scope of the guard is not warned about', async (t) => {
  const { app, warnings } = createApp(t)
  app.setNotFoundHandler(async (_request, reply) => await reply.send('PAGE'))
  app.register(async (scope) => { await register(scope, undefined); scope.get('/in', async () => 'served') }, { prefix: '/v1' })
  await app.ready()
  t.strictSame(warnings(), [])
})

t.test('unmatched: protected in a scope: a not-found handler of the scope is protected', async (t) => {
  const { app } = createApp(t)
  app.register(async (scope) => {
    await register(scope, 'protected')
    scope.get('/in', async () => 'served')
    scope.setNotFoundHandler(async (_request, reply) => await reply.send('PAGE'))
  }, { prefix: '/v1' })
  t.equal((await app.inject('/v1/no')).statusCode, 401)
  t.equal((await app.inject({ url: '/v1/no', headers: bearer('good') })).body, 'PAGE')
  t.equal((await app.inject('/no')).statusCode, 404)
})

t.test('unmatched: protected in a scope without a not-found handler does not start, because it has no effect', async (t) => {
  const { app } = createApp(t)
  app.register(async (scope) => { await register(scope, 'protected'); scope.get('/in', async () => 'served') }, { prefix: '/v1' })
  await t.rejects(async () => await app.ready(), { code: 'FST_ZITADEL_OPTION', message: /"unmatched": 'protected' has no effect in this scope/ })
})

t.test('a listener for upgrades is warned about, and @fastify/websocket is not', async (t) => {
  for (const unmatched of [undefined, 'protected'] as const) {
    const plain = createApp(t)
    await register(plain.app, unmatched)
    await plain.app.register(websocket)
    await plain.app.ready()
    t.strictSame(plain.warnings(), [])
    const foreign = createApp(t)
    await register(foreign.app, unmatched)
    await foreign.app.register(websocket)
    foreign.app.server.on('upgrade', () => {})
    await foreign.app.ready()
    t.strictSame(foreign.warnings(), [unmatched ? 'fastify-zitadel: a listener of the server\'s "upgrade" event is not guarded, and the option "unmatched" does not protect it' : warning('a listener of the server\'s "upgrade" event')])
  }
})

/** As @fastify/http-proxy does with `websocket: true`: one listener, which it keeps on the server. */
function listenAsProxy (app: FastifyInstance): void {
  const listener = (): void => {}
  Object.assign(app.server, { [Symbol('wsUpgradeListener')]: listener })
  app.server.on('upgrade', listener)
}

t.test('the listeners of @fastify/websocket and @fastify/http-proxy are recognized in any scope', async (t) => {
  const { app, warnings } = createApp(t)
  app.register(async (scope) => { await register(scope, undefined); scope.get('/in', async () => 'served') })
  app.register(async (scope) => { await scope.register(websocket) })
  app.register(async (scope) => { scope.register(async (child) => { await child.register(websocket) }) })
  listenAsProxy(app)
  await app.ready()
  t.equal(app.server.listenerCount('upgrade'), 3)
  t.strictSame(warnings(), [])
})

t.test('a listener for upgrades is warned about although @fastify/http-proxy is registered, which adds none without websocket: true', async (t) => {
  const { app, warnings } = createApp(t)
  await register(app, undefined)
  await app.register(fp(async () => {}, { name: '@fastify/http-proxy' }))
  app.server.on('upgrade', function onUpgrade () {})
  await app.ready()
  t.strictSame(warnings(), [warning('a listener of the server\'s "upgrade" event')])
})

t.test('a server without middleware and not-found handler is not warned about', async (t) => {
  const { app, warnings } = createApp(t)
  await register(app, undefined)
  app.get('/', async () => 'served')
  app.register(async (scope) => { scope.get('/', async () => 'served') }, { prefix: '/v1' })
  await app.ready()
  t.strictSame(warnings(), [])
})

t.test('a server that the app created is checked too', async (t) => {
  const lines: string[] = []
  const app = Fastify({ serverFactory: (handler) => createServer(handler).on('upgrade', () => {}), logger: { level: 'warn', stream: { write: (line) => { lines.push(line) } } } })
  t.teardown(async () => await app.close())
  await register(app, undefined)
  await app.ready()
  t.match(lines.join(''), /listener of the server/)
})

t.test('without the symbols of this Fastify version, no handler is found and no hook is renamed', async (t) => {
  t.strictSame(listNotFoundContexts({}), [])
  t.strictSame(listNotFoundContexts({ [Symbol('fastify.404ContextKey')]: 'context' }), ['context'])
  t.doesNotThrow(() => restoreHookName({}, 'fastifyZitadelOnRequest'))
})

t.test('unmatched: protected: a public route that calls the not-found handler needs an active token for it', async (t) => {
  for (const [unmatched, status] of [['protected', 401], ['open', 200], [undefined, 200]] as const) {
    const { app, get, zitadel } = await startGuardedApp(t, { options: { unmatched } })
    app.setNotFoundHandler(async (request) => zitadel().peek(request)?.sub ?? 'a stranger')
    app.get('/public', { config: { access: 'public' } }, async (_request, reply) => { reply.callNotFound(); return await reply })
    t.equal((await get('/public', null)).statusCode, status, String(unmatched))
    t.equal((await get('/public', 'bad')).statusCode, status)
    t.equal((await get('/public')).body, unmatched === 'protected' ? 'ada' : 'a stranger')
  }
})

t.test('a request that was denied after its body, and passed on by callNotFound(), needs an active token there too', async (t) => {
  for (const requirement of [{ scopes: [] }, { roles: ['reader'] }]) {
    let response: IntrospectionResponse = { active: true, ...activeResponse(roles({ reader: ['acme'] })) }
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(zitadel, { unmatched: 'protected', introspect: () => response })
    app.setErrorHandler((_error, _request, reply) => { reply.callNotFound() })
    app.setNotFoundHandler(async (_request, reply) => await reply.code(200).send('not found'))
    app.post('/', { config: requirement }, async () => 'served')
    app.addHook('preParsing', async () => {
      response = { active: false }
      await app.zitadel.forget({ token: 'good' })
    })
    const { statusCode, body } = await app.inject({ method: 'POST', url: '/', payload: {}, headers: { authorization: 'Bearer good' } })
    t.not(statusCode, 200)
    t.notMatch(body, /^not found|Cannot read/)
  }
})

t.test('a requirement in the config of a not-found handler stops the start, because it would not be enforced', async (t) => {
  for (const unmatched of ['protected', 'open', undefined] as const) {
    for (const [key, value] of [['roles', ['admin']], ['access', 'public']] as const) {
      const { app } = await startGuardedApp(t, { options: { unmatched } })
      app.register(async (scope) => { scope.setNotFoundHandler({ config: { [key]: value } } as object, async () => 'served') }, { prefix: '/shop' })
      await t.rejects(async () => await app.ready(), { code: 'FST_ZITADEL_OPTION', message: `the "config" of a not-found handler has "${key}", which would not be enforced: give the handler preHandler: app.zitadel.require({ ... }), or set the option "unmatched"` })
    }
  }
})
