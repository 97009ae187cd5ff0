import t from 'tap'
import cors from '@fastify/cors'
import Fastify, { type FastifyInstance } from 'fastify'
import zitadel, { type ZitadelOptions } from '../../lib/index.ts'
import { createIntrospect, bearer, startGuardedApp, activeResponse, type TestContext } from '../fixtures/guarded-app.ts'

const preflight = { origin: 'https://app.example', 'access-control-request-method': 'PUT' }

async function withCors (t: TestContext, first: boolean, options: ZitadelOptions = {}): Promise<FastifyInstance> {
  const app = Fastify()
  t.teardown(() => app.close())
  const { introspect } = createIntrospect({ good: activeResponse() })
  if (first) await app.register(cors, { origin: true })
  await app.register(zitadel, { introspect, ...options })
  if (!first) await app.register(cors, { origin: true })
  app.get('/orders', { config: { scopes: [] } }, async () => 'served')
  return app
}

for (const first of [true, false]) {
  for (const undeclaredRoutes of ['protected', 'refused', () => 'refused' as const] as const) {
    const where = `@fastify/cors ${first ? 'before' : 'after'} the plugin, undeclaredRoutes ${typeof undeclaredRoutes === 'string' ? undeclaredRoutes : 'a function'}`
    t.test(`${where}: a preflight passes without a token`, async (t) => {
      const app = await withCors(t, first, { undeclaredRoutes })
      const reply = await app.inject({ method: 'OPTIONS', url: '/orders', headers: preflight })
      t.equal(reply.statusCode, 204)
      t.equal(reply.headers['access-control-allow-origin'], 'https://app.example')
      const actual = await app.inject({ url: '/orders', headers: { origin: 'https://app.example' } })
      t.equal(actual.statusCode, 401)
      t.equal(actual.headers['access-control-allow-origin'], first ? 'https://app.example' : undefined, 'a browser reads the 401 where CORS comes first')
    })
  }
}

t.test('the rule of an undeclared OPTIONS route is resolved once, and not at each request', async (t) => {
  let calls = 0
  const app = await withCors(t, false, { undeclaredRoutes: ({ method }) => { if (method === 'OPTIONS') calls++; return 'protected' } })
  await app.ready()
  const before = calls
  for (const headers of [preflight, {}, preflight, {}]) {
    const { statusCode } = await app.inject({ method: 'OPTIONS', url: '/orders', headers })
    t.equal(statusCode, headers === preflight ? 204 : 401)
  }
  t.equal(calls - before, 1)
})

t.test('an OPTIONS request that is no preflight is denied like any other request', async (t) => {
  const app = await withCors(t, false)
  for (const headers of [{}, { origin: 'https://app.example' }, { 'access-control-request-method': 'PUT' }]) {
    t.equal((await app.inject({ method: 'OPTIONS', url: '/orders', headers })).statusCode, 401, Object.keys(headers).join())
  }
})

t.test('an OPTIONS route of the app passes preflights and guards other requests', async (t) => {
  const { app, calls } = await startGuardedApp(t)
  app.options('/own', async () => 'served')
  app.route({ method: ['OPTIONS'], url: '/listed', handler: async () => 'served' })
  for (const url of ['/own', '/listed']) {
    t.equal((await app.inject({ method: 'OPTIONS', url, headers: preflight })).statusCode, 200, url)
    t.strictSame(calls, [], 'no token looked at')
    t.equal((await app.inject({ method: 'OPTIONS', url })).statusCode, 401, url)
    t.equal((await app.inject({ method: 'OPTIONS', url, headers: bearer('good') })).statusCode, 200, url)
    calls.length = 0
  }
})

t.test('an OPTIONS route is guarded by its declaration', async (t) => {
  const { app } = await startGuardedApp(t)
  app.options('/roles', { config: { roles: ['admin'] } }, async () => 'served')
  app.options('/public', { config: { access: 'public' } }, async () => 'served')
  t.equal((await app.inject({ method: 'OPTIONS', url: '/roles', headers: preflight })).statusCode, 401)
  t.equal((await app.inject({ method: 'OPTIONS', url: '/public' })).statusCode, 200)
})

t.test('a preflight to a route of app.all needs a token', async (t) => {
  const { app } = await startGuardedApp(t)
  app.all('/all', async () => 'served')
  app.route({ method: ['GET', 'OPTIONS'], url: '/two', handler: async () => 'served' })
  for (const url of ['/all', '/two']) {
    t.equal((await app.inject({ method: 'OPTIONS', url, headers: preflight })).statusCode, 401, url)
    t.equal((await app.inject({ url, headers: preflight })).statusCode, 401, url)
  }
})

t.test('an undeclared OPTIONS route is public if undeclared routes are public', async (t) => {
  for (const undeclaredRoutes of ['public', () => 'public' as const] as const) {
    const { app } = await startGuardedApp(t, { options: { undeclaredRoutes } })
    app.options('/own', async () => 'served')
    t.equal((await app.inject({ method: 'OPTIONS', url: '/own' })).statusCode, 200)
  }
})

t.test('the headers of a preflight do not open a GET route', async (t) => {
  const { app } = await startGuardedApp(t)
  app.get('/', async () => 'served')
  t.equal((await app.inject({ url: '/', headers: preflight })).statusCode, 401)
})
