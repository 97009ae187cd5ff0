import t from 'tap'
import Fastify, { type FastifyInstance } from 'fastify'
import zitadel, { type Undeclared, type UndeclaredRoute, type ZitadelOptions } from '../../lib/index.ts'
import { createIntrospect, getter, startGuardedApp, activeResponse, roles, type TestContext } from '../fixtures/guarded-app.ts'

const handler = async (): Promise<string> => 'served'

/** Registers the plugin after the undeclared route `/before`. */
async function around (t: TestContext, undeclaredRoutes: ZitadelOptions['undeclaredRoutes']): Promise<FastifyInstance> {
  const app = Fastify()
  t.teardown(() => app.close())
  app.get('/before', handler)
  await app.register(zitadel, { introspect: createIntrospect({ good: activeResponse() }).introspect, undeclaredRoutes })
  return app
}

t.test('by default a route that declares nothing accepts any active token', async (t) => {
  for (const undeclaredRoutes of [undefined, 'protected', () => 'protected' as const] as const) {
    const app = await around(t, undeclaredRoutes)
    app.get('/after', { config: { other: 1 } as object }, handler)
    const get = getter(app)
    for (const url of ['/before', '/after']) {
      t.equal((await get(url, null)).statusCode, 401)
      t.equal((await get(url, 'bad')).statusCode, 401)
      t.equal((await get(url)).statusCode, 200)
    }
  }
})

t.test('public: no token is checked, and a route that declares something is guarded', async (t) => {
  for (const undeclaredRoutes of ['public', () => 'public' as const] as const) {
    const app = await around(t, undeclaredRoutes)
    app.get('/after', handler)
    app.get('/declared', { config: { scopes: [] } }, handler)
    const get = getter(app)
    t.equal((await get('/before', 'bad')).statusCode, 200)
    t.equal((await get('/after', null)).statusCode, 200)
    t.equal((await get('/declared', null)).statusCode, 401)
  }
})

t.test('refused: the server does not start, and the error lists the undeclared routes', async (t) => {
  const { app } = await startGuardedApp(t, { options: { undeclaredRoutes: 'refused' } })
  app.get('/a', handler)
  app.register(async (child) => {
    child.get('/', handler)
    child.route({ method: ['PUT', 'POST'], url: '/b/:id', config: { other: 1 } as object, handler })
    child.get('/declared', { config: { access: 'public' } }, handler)
  }, { prefix: '/v1' })
  await t.rejects(async () => await app.ready(), {
    code: 'FST_ZITADEL_OPTION',
    message: 'option "undeclaredRoutes" refuses routes without scopes, roles or access; declared with none of them: GET /a, HEAD /a, GET /v1, HEAD /v1, PUT /v1/b/:id, POST /v1/b/:id'
  })
})

t.test('refused: the server starts if every route declares something', async (t) => {
  const { app, get } = await startGuardedApp(t, { options: { undeclaredRoutes: 'refused' } })
  app.get('/', { config: { access: 'public' } }, handler)
  app.get('/own', { config: { access: 'own' } }, handler)
  app.post('/', { config: { scopes: [] } }, handler)
  app.options('/', handler)
  t.equal((await get('/', null)).statusCode, 200)
  t.equal((await get('/', null, { method: 'OPTIONS' })).statusCode, 401, 'no preflight')
  t.equal((await get('/', 'good', { method: 'OPTIONS' })).statusCode, 200)
})

t.test('a function is called once for each undeclared route, and its result is applied', async (t) => {
  const given: UndeclaredRoute[] = []
  const schema = { hide: true } as object
  const undeclaredRoutes = (route: UndeclaredRoute): Undeclared => {
    given.push({ method: route.method, url: route.url, config: { ...route.config } as never, schema: route.schema } as UndeclaredRoute)
    return route.url.startsWith('/docs') ? 'public' : 'protected'
  }
  const app = Fastify()
  t.teardown(() => app.close())
  app.get('/docs/before', { schema, config: { other: 1 } as object }, handler)
  await app.register(zitadel, { introspect: createIntrospect({}).introspect, undeclaredRoutes })
  app.get('/docs/after', { schema, config: { other: 2 } as object }, handler)
  app.get('/api', handler)
  app.get('/declared', { config: { scopes: [] } }, handler)
  const get = getter(app)
  t.equal((await get('/docs/after', null)).statusCode, 200)
  t.equal((await get('/api', null)).statusCode, 401)
  t.equal((await get('/declared', null)).statusCode, 401)
  const calls = given.length
  t.equal((await get('/docs/before', null)).statusCode, 200)
  t.match(given[calls], { method: 'GET', url: '/docs/before', config: { other: 1 }, schema: { hide: true } })
  t.match(given[0], { method: 'GET', url: '/docs/after', config: { other: 2 }, schema: { hide: true } })
  t.notOk(given.some(({ url }) => url === '/declared'))
  const settled = given.length
  await get('/docs/before', null)
  t.equal(given.length, settled, 'not called again for the same route')
})

t.test('a function can return a route config', async (t) => {
  const undeclaredRoutes: ZitadelOptions['undeclaredRoutes'] = ({ url }) =>
    url.includes('/admin') ? { roles: ['admin'] } : url.includes('/docs') ? { access: 'public' } : url.includes('/mail') ? { scopes: ['email'], freshness: 0 } : 'protected'
  const { introspect } = createIntrospect({ good: activeResponse(), admin: activeResponse(roles({ admin: ['acme'] })) })
  const app = Fastify()
  t.teardown(() => app.close())
  const declare = (prefix: string): void => {
    for (const url of ['/admin', '/docs', '/mail', '/other']) app.get(prefix + url, handler)
    app.get(`${prefix}/admin/open`, { config: { scopes: [] } }, handler)
    app.options(`${prefix}/admin`, handler)
  }
  declare('/before')
  await app.register(zitadel, { introspect, undeclaredRoutes })
  declare('/after')
  const get = getter(app)
  for (const prefix of ['/before', '/after']) {
    t.equal((await get(`${prefix}/admin`, null)).statusCode, 401)
    t.equal((await get(`${prefix}/admin`)).statusCode, 403)
    t.equal((await get(`${prefix}/admin`, 'admin')).statusCode, 200)
    t.equal((await get(`${prefix}/admin/open`)).statusCode, 200, 'a declaration wins')
    t.equal((await get(`${prefix}/docs`, null)).statusCode, 200)
    t.equal((await get(`${prefix}/mail`)).statusCode, 403)
    t.equal((await get(`${prefix}/other`)).statusCode, 200)
    t.equal((await get(`${prefix}/admin`, 'good', { method: 'OPTIONS' })).statusCode, 403, 'OPTIONS has the same requirement')
    t.equal((await get(`${prefix}/admin`, null, { method: 'OPTIONS', headers: { origin: 'https://a.example', 'access-control-request-method': 'GET' } })).statusCode, 200, 'a preflight passes')
  }
})

t.test('a function that refuses stops the start', async (t) => {
  const { app } = await startGuardedApp(t, { options: { undeclaredRoutes: ({ url }) => url === '/b' ? 'refused' : 'protected' } })
  app.get('/a', handler)
  app.post('/b', handler)
  await t.rejects(async () => await app.ready(), { message: /declared with none of them: POST \/b$/ })
})

const broken: Record<string, [function_: () => unknown, thrown: { message?: RegExp, code?: string }]> = {
  'throws an error': [() => { throw new Error('boom') }, { message: /^boom$/ }],
  'throws undefined': [() => { throw undefined }, { code: 'FST_ZITADEL_OPTION', message: /^route GET \/after: option "undeclaredRoutes"/ }], // eslint-disable-line no-throw-literal
  'gives nothing': [() => undefined, { code: 'FST_ZITADEL_OPTION', message: /^route GET \/after: option "undeclaredRoutes" must give/ }],
  'gives an unknown word': [() => 'open', { code: 'FST_ZITADEL_OPTION' }],
  'gives the name of a method': [() => 'constructor', { code: 'FST_ZITADEL_OPTION' }],
  'gives an empty config': [() => ({}), { code: 'FST_ZITADEL_OPTION', message: /must give.*or a route config/ }],
  'gives a config of other keys': [() => ({ rateLimit: 1 }), { code: 'FST_ZITADEL_OPTION', message: /must give.*or a route config/ }],
  'gives a config with another key': [() => ({ roles: ['admin'], rateLimit: 1 }), { code: 'FST_ZITADEL_OPTION', message: /must give.*or a route config/ }],
  'gives a misspelt config': [() => ({ role: ['admin'] }), { code: 'FST_ZITADEL_OPTION', message: /^route GET \/after: option "undeclaredRoutes": "role" is unknown, did you mean "roles"/ }],
  'gives a wrong config': [() => ({ roles: [] }), { code: 'FST_ZITADEL_OPTION', message: /option "undeclaredRoutes": "roles" must be an array with at least one role/ }],
  'gives an inherited config': [() => Object.create({ roles: ['admin'] }), { code: 'FST_ZITADEL_OPTION', message: /"roles" must be an own/ }],
  'gives an array': [() => ['protected'], { code: 'FST_ZITADEL_OPTION' }],
  'gives null': [() => null, { code: 'FST_ZITADEL_OPTION' }],
  'gives a promise': [async () => 'public', { code: 'FST_ZITADEL_OPTION' }],
  'gives a promise that is rejected': [async () => { throw new Error('boom') }, { code: 'FST_ZITADEL_OPTION' }]
}

for (const [what, [function_, thrown]] of Object.entries(broken)) {
  t.test(`a function that ${what} stops the start, also for an earlier route`, async (t) => {
    const app = await around(t, function_ as () => Undeclared)
    t.throws(() => app.get('/after', handler), thrown as never)
    t.throws(() => app.route({ method: 'POST', url: '/after', handler }))
    const { code, message } = thrown
    await t.rejects(async () => await app.ready(), { ...(code && { code }), ...(message && { message: new RegExp(message.source.replace('after', 'before')) }) } as never)
    t.equal((await getter(app)('/before')).statusCode, 500, 'inject does not report the failed start')
  })
}

t.test('a function that refuses an earlier route stops the start', async (t) => {
  const app = await around(t, () => 'refused')
  await t.rejects(async () => await app.ready(), { code: 'FST_ZITADEL_OPTION', message: /^route GET \/before: declares neither scopes nor roles nor access, and option "undeclaredRoutes" refuses that$/ })
})

t.test('a function that throws undefined in a plugin stops the start', async (t) => {
  const app = await around(t, () => { throw undefined }) // eslint-disable-line no-throw-literal
  app.register(async (child) => { child.get('/after', handler) })
  await t.rejects(async () => await app.ready(), { code: 'FST_ZITADEL_OPTION' })
})
