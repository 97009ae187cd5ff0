import t from 'tap'
import Fastify, { type FastifyInstance } from 'fastify'
import zitadel from '../../lib/index.ts'
import { createIntrospect, startGuardedApp, activeResponse, type TestContext } from '../fixtures/guarded-app.ts'
import { listServedRoutes, type AnyApp } from '../../lib/guard/routes/served-routes.ts'
import { getRouteNames } from '../../lib/guard/startup/undetected-routes.ts'

const handler = async (): Promise<string> => 'served'
const refusing = { introspect: createIntrospect({ good: activeResponse() }).introspect, undeclaredRoutes: 'refused' } as const

/** The routes that the error of a start names. */
async function namedRoutes (t: TestContext, app: FastifyInstance): Promise<string[]> {
  t.teardown(() => app.close())
  const message: string = await Promise.resolve(app.ready()).then(() => '', (error) => error.message)
  return message.split(/: (?=[A-Z]+ [/*])/)[1]?.split(', ') ?? []
}

const urls: Array<[urls: string[], named: string[]]> = [
  [['/'], ['/']],
  [['*'], ['*']],
  [['/*'], ['/*']],
  [['/a', '/ab', '/b'], ['/a', '/ab', '/b']],
  [['/a/:id'], ['/a/:id']],
  [['/a/:id?'], ['/a', '/a/:id']],
  [['/:a?'], ['/', '/:a']],
  [['/files/*'], ['/files/*']],
  [['/static', '/static/*', '/status/:code/*'], ['/static', '/static/*', '/status/:code/*']],
  [['/a/:file.:ext', '/b/:x-:y', '/c/:n(^\\d+$).png'], ['/a/:file.:ext', '/b/:x-:y', '/c/:n(^\\d+$).png']],
  [['/Mixed/:Case'], ['/mixed/:case']],
  [['/a::b'], ['/a:b']],
  [['//a//b'], ['/a/b']],
  [['/a/', '/a/b/'], ['/a', '/a/b']],
  [['/u/:id', '/u/:name/x'], ['/u/:id', '/u/:name/x']],
  [['/u/:id(^\\d+$)', '/u/:number(^\\d+$)/x', '/u/:slug'], ['/u/:id(^\\d+$)', '/u/:number(^\\d+$)/x', '/u/:slug']],
  [['/p (q)'], ['/p (q)']]
]

for (const [declared, named] of urls) {
  t.test(`the start refuses the undetected routes ${declared.join(' and ')}`, async (t) => {
    const before = Fastify({ exposeHeadRoutes: false })
    for (const url of declared) before.get(url, { config: { scopes: [] } }, handler)
    await before.register(zitadel, refusing)
    const missed = await namedRoutes(t, before)
    t.strictSame(missed.sort(), named.map((url) => `GET ${url}`).sort(), 'a route declared before is named')

    const { app } = await startGuardedApp(t, { options: { undeclaredRoutes: 'refused' } })
    for (const url of declared) app.get(url, { config: { scopes: [] } }, handler)
    t.strictSame(await namedRoutes(t, app), [], 'a route declared after is seen, and the server starts')
  })
}

t.test('refused: without await at the registration, every earlier route is named, with the reason', async (t) => {
  const app = Fastify({ exposeHeadRoutes: false })
  app.addHttpMethod('M-SEARCH')
  app.register(zitadel, refusing)
  app.get('/a', { config: { scopes: [] } }, handler)
  app.route({ method: ['PUT', 'POST'], url: '/b', handler })
  app.route({ method: 'M-SEARCH', url: '/c', handler })
  app.get('/v', { constraints: { version: '1.0.0' } }, handler)
  app.get('/v', { constraints: { version: '2.0.0', host: 'a.example' } }, handler)
  app.options('/a', handler)
  app.register(async (child) => { child.get('/', { config: { scopes: [] } }, handler) }, { prefix: '/late/' })
  t.strictSame((await namedRoutes(t, app)).sort(), ['GET /a', 'GET /v', 'M-SEARCH /c', 'POST /b', 'PUT /b'].sort())
  await t.rejects(async () => await app.ready(), { message: /declared before the plugin was ready, so that they cannot be checked \(await app\.register\(\.\.\.\) first\)/ })
})

t.test('refused: routes under prefixes with and without a slash are named if they are early', async (t) => {
  const app = Fastify({ exposeHeadRoutes: false })
  const child = async (scope: FastifyInstance): Promise<void> => {
    scope.get('/', { config: { scopes: [] } }, handler)
    scope.get('/x', { config: { scopes: [] } }, handler)
  }
  app.register(child, { prefix: '/before/' })
  app.register(child, { prefix: '/earlier' })
  await app.register(zitadel, refusing)
  app.register(child, { prefix: '/after/' })
  app.register(child, { prefix: '/later' })
  t.strictSame((await namedRoutes(t, app)).sort(), ['GET /before', 'GET /before/x', 'GET /earlier', 'GET /earlier/x'])
})

t.test('a warning names routes that were declared before the plugin was ready, and have no requirement in their config', async (t) => {
  const start = async (declare: (app: FastifyInstance) => unknown): Promise<string[]> => {
    const lines: string[] = []
    const app = Fastify({ logger: { level: 'warn', stream: { write: (line) => { lines.push(JSON.parse(line).msg) } } } })
    t.teardown(async () => await app.close())
    await declare(app)
    await app.ready()
    return lines
  }
  const { introspect } = refusing
  const declare = (app: FastifyInstance): void => {
    app.get('/a', { roles: ['admin'] } as object, handler)
    app.route({ method: ['PUT', 'HEAD'], url: '/b', config: Promise.resolve({ roles: ['admin'] }) as object, handler })
    app.get('/c', { config: { roles: ['admin'] } }, handler)
    app.get('/health', { config: { access: 'public' } }, handler)
    app.options('/a', handler)
  }
  const warning = 'fastify-zitadel: routes were declared before this plugin was ready, and "config" has no requirement. A requirement beside "config" is not enforced: await app.register(...) first, or declare { scopes: [] }, which requires an active token, or { access: \'public\' }: GET /a, PUT /b, HEAD /b'
  t.strictSame((await start((app) => { app.register(zitadel, { introspect }); declare(app) })), [warning], 'without await')
  t.strictSame((await start(async (app) => { declare(app); await app.register(zitadel, { introspect }) })), [warning], 'before the registration')
  t.strictSame(await start((app) => { app.register(zitadel, { introspect, undeclaredRoutes: 'public' }); declare(app) }), [warning], 'a lost requirement would leave the route open')
  t.strictSame(await start((app) => { app.register(zitadel, { introspect, undeclaredRoutes: () => 'public' }); declare(app) }), [], 'a function has decided')
  t.match((await start((app) => { app.register(zitadel, { introspect }); for (let i = 0; i < 12; i++) app.get(`/${i}`, handler) }))[0], /: GET \/0, (?:GET \/\d+, ){8}GET \/\d+ and 2 more$/)
  t.strictSame(await start(async (app) => { await app.register(zitadel, { introspect }); app.get('/a', handler) }), [], 'afterwards')
  t.strictSame(await start(async (app) => {
    app.get('/outside', handler)
    app.register(async (scope) => { await scope.register(zitadel, { introspect }); scope.get('/inside', handler) })
  }), [], 'a route outside of the scope is no early route')
})

t.test('refused: routes outside of the scope are not named', async (t) => {
  const app = Fastify()
  app.addHook('onRequest', function another (_request, _reply, done) { done() })
  app.get('/outside', handler)
  app.register(async (child) => {
    await child.register(zitadel, refusing)
    child.get('/inside', { config: { scopes: [] } }, handler)
  })
  t.strictSame(await namedRoutes(t, app), [])
})

t.test('app.printRoutes works, and names the hook of the guard', async (t) => {
  const { app } = await startGuardedApp(t)
  app.get('/a', handler)
  await app.ready()
  t.match(app.printRoutes(), 'a (GET, HEAD)')
  t.match(app.printRoutes({ includeHooks: true }), /onRequest\) \["fastifyZitadelOnRequest\(\)"\]/)
})

t.test('a server whose printer does not give its routes is refused, and one without routes is not', async (t) => {
  const print = (tree: string, meta?: object): AnyApp => ({ printRoutes: (options: { buildPrettyMeta: (route: object) => object }) => { if (meta !== undefined) options.buildPrettyMeta({ opts: {}, ...meta }); return tree } }) as never
  t.strictSame(listServedRoutes(print('(empty tree)')), [])
  for (const app of [print('/ (GET)'), print(''), print('/ (GET)', {}), print('/ (GET)', { store: {} }), print('/ (GET)', { store: { handler: 'text' } })]) {
    t.throws(() => listServedRoutes(app), { code: 'FST_ZITADEL_OPTION', message: 'the routes of this version of Fastify cannot be listed' })
  }
})

t.test('a route has a name for each method but OPTIONS, and two with an optional parameter', async (t) => {
  t.strictSame(getRouteNames(['GET', 'OPTIONS'], '/A//b/'), ['GET /a/b'])
  t.strictSame(getRouteNames(['GET'], '/a/:id?'), ['GET /a/:id', 'GET /a'])
  t.strictSame(getRouteNames(['GET'], '/:id?'), ['GET /:id', 'GET /'])
})
