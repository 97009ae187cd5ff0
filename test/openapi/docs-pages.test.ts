import t from 'tap'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import scalar from '@scalar/fastify-api-reference'
import type { FastifyInstance } from 'fastify'
import { LOGIN } from '../fixtures/documented-app.ts'
import { listen, startGuardedApp, type AppSetup, type TestContext } from '../fixtures/guarded-app.ts'

async function startDocsApp (t: TestContext, setup: AppSetup = {}): Promise<FastifyInstance> {
  const { app } = await startGuardedApp(t, setup)
  const docs = app.zitadel.openapi(LOGIN)
  await app.register(swagger, docs.swagger())
  await app.register(swaggerUi, docs.swaggerUi({ routePrefix: '/docs' }))
  await app.register(scalar, docs.scalar({ routePrefix: '/reference' }))
  return app
}

async function getStatuses (app: FastifyInstance, urls: string[]): Promise<Record<string, number>> {
  const statuses: Record<string, number> = {}
  for (const url of urls) statuses[url] = (await app.inject(url)).statusCode
  return statuses
}

const PAGE_URLS = ['/docs', '/docs/', '/docs/static/index.html', '/docs/static/swagger-initializer.js', '/docs/static/oauth2-redirect.html', '/docs/static/swagger-ui.css', '/docs/json', '/docs/yaml', '/reference', '/reference/', '/reference/openapi.json', '/reference/openapi.yaml', '/reference/js/scalar.js']

for (const undeclaredRoutes of ['protected', 'refused'] as const) {
  t.test(`docs pages are public (undeclaredRoutes: ${undeclaredRoutes})`, async (t) => {
    const app = await startDocsApp(t, { options: { undeclaredRoutes } })
    for (const [url, status] of Object.entries(await getStatuses(app, PAGE_URLS))) t.match(String(status), /^(200|30[12])$/, url)
    t.equal((await app.inject({ url: '/docs/json', method: 'HEAD' })).statusCode, 200)
    t.equal((await app.inject({ url: '/docs/static/swagger-ui.css', method: 'HEAD' })).statusCode, 200)
  })
}

t.test('other routes below the prefix of a docs page stay protected', async (t) => {
  const app = await startDocsApp(t)
  app.get('/docs/secret', async () => 'secret')
  app.get('/docs/static/secret', async () => 'secret')
  app.get('/docs-internal', async () => 'secret')
  app.get('/reference/secret', async () => 'secret')
  await app.register(async (scope) => { scope.get('/static/secret2', async () => 'secret') }, { prefix: '/docs' })
  const urls = ['/docs/secret', '/docs/static/secret', '/docs/static/secret2', '/docs-internal', '/reference/secret']
  t.same(await getStatuses(app, urls), Object.fromEntries(urls.map((url) => [url, 401])))
})

t.test('the redirect URIs are logged once, when the server listens', async (t) => {
  const lines: string[] = []
  const app = await startDocsApp(t, { server: { logger: { level: 'info', stream: { write: (text) => { lines.push(JSON.parse(text).msg) } } } } })
  const port = await listen(app)
  t.same(lines.filter((line) => line.includes('redirect')), ['/docs/static/oauth2-redirect.html', '/reference/'].map((path) => `fastify-zitadel: register this redirect URI in ZITADEL, with the origin that browsers see: http://localhost:${port}${path}`))
})

t.test('a page in a scope with a prefix is public, with its redirect URI', async (t) => {
  const lines: string[] = []
  const { app } = await startGuardedApp(t, { server: { logger: { level: 'info', stream: { write: (text) => { lines.push(JSON.parse(text).msg) } } } } })
  const docs = app.zitadel.openapi(LOGIN)
  await app.register(swagger, docs.swagger())
  await app.register(async (scope) => {
    await scope.register(swaggerUi, docs.swaggerUi({ staticCSP: true }))
    scope.get('/documentation/secret', async () => 'secret')
  }, { prefix: '/v1' })
  t.same(await getStatuses(app, ['/v1/documentation', '/v1/documentation/static/index.css', '/v1/documentation/secret']), { '/v1/documentation': 200, '/v1/documentation/static/index.css': 200, '/v1/documentation/secret': 401 })
  t.match((await app.inject('/v1/documentation/')).headers['content-security-policy'], /; connect-src 'self' https:\/\/auth.acme.example$/)
  const port = await listen(app)
  t.ok(lines.some((line) => line.endsWith(`http://localhost:${port}/v1/documentation/static/oauth2-redirect.html`)))
})

for (const routePrefix of ['/', '/docs/']) {
  t.test(`a page with the prefix ${routePrefix} is public, with its redirect URI`, async (t) => {
    const lines: string[] = []
    const { app } = await startGuardedApp(t, { options: { undeclaredRoutes: 'refused' }, server: { logger: { level: 'info', stream: { write: (text) => { lines.push(JSON.parse(text).msg) } } } } })
    const docs = app.zitadel.openapi(LOGIN)
    await app.register(swagger, docs.swagger())
    await app.register(swaggerUi, docs.swaggerUi({ routePrefix }))
    const prefix = routePrefix === '/' ? '' : '/docs'
    const urls = ['/', '/static/swagger-ui.css', '/static/oauth2-redirect.html'].map((url) => prefix + url)
    t.same(await getStatuses(app, urls), Object.fromEntries(urls.map((url) => [url, 200])))
    const port = await listen(app)
    t.ok(lines.some((line) => line.endsWith(`: http://localhost:${port}${prefix}/static/oauth2-redirect.html`)))
  })
}

t.test('a hidden route is not called a docs page if the options of all pages are complete, or if it declares a requirement', async (t) => {
  for (const isComplete of [true, false]) {
    const lines: string[] = []
    const { app } = await startGuardedApp(t, { server: { logger: { level: 'warn', stream: { write: (text) => { lines.push(JSON.parse(text).msg) } } } } })
    const docs = app.zitadel.openapi(LOGIN)
    await app.register(swagger, docs.swagger())
    await app.register(swaggerUi, isComplete ? docs.swaggerUi({ routePrefix: '/docs' }) : { routePrefix: '/documentation', uiHooks: {} })
    app.get('/a', { schema: { hide: true }, config: { roles: ['admin'] } }, async () => [])
    if (isComplete) app.get('/b', { schema: { hide: true }, config: null as never }, async () => [])
    await app.ready()
    t.same(lines.map((line) => /the docs page at (\S+)/.exec(line)?.[1]), isComplete ? [] : ['/documentation'])
  }
})

t.test('hooks of a page still run', async (t) => {
  const { app } = await startGuardedApp(t)
  const docs = app.zitadel.openapi(LOGIN)
  await app.register(swagger, docs.swagger())
  await app.register(swaggerUi, docs.swaggerUi({ routePrefix: '/docs', uiHooks: { onRequest: async (_request, reply) => await reply.code(418).send('teapot') } }))
  t.equal((await app.inject('/docs')).statusCode, 418)
})

t.test('options of a page that are not used cause a warning', async (t) => {
  const lines: string[] = []
  const { app } = await startGuardedApp(t, { server: { logger: { level: 'info', stream: { write: (text) => { lines.push(JSON.parse(text).msg) } } } } })
  const docs = app.zitadel.openapi(LOGIN)
  await app.register(swagger, docs.swagger())
  await app.register(swaggerUi, { ...docs.swaggerUi({ routePrefix: '/docs' }), uiHooks: {} })
  await listen(app)
  t.equal((await app.inject('/docs')).statusCode, 401)
  t.same(lines.filter((line) => line.includes('docs page') || line.includes('redirect URI')), [
    'fastify-zitadel: the docs page at /docs needs a token, so a browser cannot open it: complete its options with app.zitadel.openapi(...).swaggerUi() or scalar()',
    'fastify-zitadel: options of a docs page were completed, and no page in the scope of the guard uses them: pass on all of what swaggerUi() or scalar() returns'
  ])
})

t.test('a docs page that a browser cannot open is named at start', async (t) => {
  for (const [undeclaredRoutes, expected] of [['protected', 1], ['public', 0]] as const) {
    const lines: string[] = []
    const { app } = await startGuardedApp(t, { options: { undeclaredRoutes }, server: { logger: { level: 'warn', stream: { write: (text) => { lines.push(text) } } } } })
    await app.register(swagger, { openapi: {} })
    await app.register(swaggerUi, { routePrefix: '/reference' })
    app.get('/hidden', { schema: { hide: true }, config: { access: 'public' } }, async () => [])
    await app.ready()
    t.equal(lines.filter((line) => line.includes('the docs page at /reference needs a token')).length, expected)
  }
})

t.test('a page of Scalar that a browser cannot open is named too, and pages with completed options are not', async (t) => {
  const start = async (register: (app: FastifyInstance) => Promise<void>): Promise<string[]> => {
    const lines: string[] = []
    const { app } = await startGuardedApp(t, { server: { logger: { level: 'warn', stream: { write: (text) => { lines.push(JSON.parse(text).msg) } } } } })
    await register(app)
    await app.ready()
    return lines
  }
  t.match(await start(async (app) => {
    await app.register(swagger, { openapi: {} })
    await app.register(scalar, { routePrefix: '/reference' })
  }), [/^fastify-zitadel: the docs page at \/reference\/? needs a token/])
  t.same(await start(async (app) => {
    const docs = app.zitadel.openapi(LOGIN)
    await app.register(swagger, docs.swagger())
    await app.register(swaggerUi, docs.swaggerUi({ routePrefix: '/docs' }))
  }), [])
  t.match(await start(async (app) => {
    const docs = app.zitadel.openapi(LOGIN)
    await app.register(swagger, docs.swagger())
    await app.register(swaggerUi, docs.swaggerUi({ routePrefix: '/docs' }))
    docs.scalar({ routePrefix: '/reference' })
  }), [/options of a docs page were completed, and no page in the scope of the guard uses them/])
})

t.test('a route that a hook declares inside the scope of a page stays protected', async (t) => {
  const { app } = await startGuardedApp(t)
  const docs = app.zitadel.openapi(LOGIN)
  await app.register(swagger, docs.swagger())
  app.addHook('onRoute', function ({ url, method }) {
    if (url === '/docs/json' && method === 'GET') this.get('/audit', async () => 'secret')
  })
  await app.register(swaggerUi, docs.swaggerUi({ routePrefix: '/docs' }))
  t.same(await getStatuses(app, ['/docs/json', '/docs/audit']), { '/docs/json': 200, '/docs/audit': 401 })
})
