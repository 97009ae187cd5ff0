import t from 'tap'
import Fastify, { type FastifyInstance } from 'fastify'
import zitadel from '../../lib/index.ts'
import { createIntrospect, bearer, getter, activeResponse, type TestContext } from '../fixtures/guarded-app.ts'

const handler = async (): Promise<string> => 'served'
const child = async (app: FastifyInstance): Promise<void> => {
  app.get('/', handler)
  await app.register(async (grandchild) => { grandchild.get('/deep', handler) })
}

/** Declares routes and child scopes before and after the registration. */
async function around (t: TestContext, register: (app: FastifyInstance, options: object) => Promise<unknown> | void): Promise<FastifyInstance> {
  const app = Fastify()
  t.teardown(() => app.close())
  const { introspect } = createIntrospect({ good: activeResponse() })
  app.get('/before', handler)
  app.register(child, { prefix: '/child-before' })
  await register(app, { introspect })
  app.get('/after', handler)
  app.register(child, { prefix: '/child-after' })
  app.route({ method: ['PUT', 'POST', 'DELETE'], url: '/several', handler })
  app.all('/all', handler)
  return app
}

const urls = ['/before', '/child-before', '/child-before/', '/child-before/deep', '/after', '/child-after', '/child-after/', '/child-after/deep']

const ways: Record<string, (app: FastifyInstance, options: object) => Promise<unknown> | void> = {
  'awaited registration': async (app, options) => await app.register(zitadel, options),
  'registration without await': (app, options) => { app.register(zitadel, options) }
}

for (const [way, register] of Object.entries(ways)) {
  t.test(`${way}: routes of the scope and of its children are guarded, wherever they are declared`, async (t) => {
    const app = await around(t, register)
    const get = getter(app)
    for (const url of urls) {
      t.equal((await get(url, null)).statusCode, 401, url)
      t.equal((await get(url, 'bad')).statusCode, 401, url)
      t.equal((await get(url)).statusCode, 200, url)
    }
  })

  t.test(`${way}: the HEAD route of a GET route is guarded`, async (t) => {
    const app = await around(t, register)
    for (const url of urls) {
      t.equal((await app.inject({ method: 'HEAD', url })).statusCode, 401, url)
      t.equal((await app.inject({ method: 'HEAD', url, headers: bearer('good') })).statusCode, 200, url)
    }
  })

  t.test(`${way}: every method of a route is guarded`, async (t) => {
    const app = await around(t, register)
    const served = [['PUT', '/several'], ['POST', '/several'], ['DELETE', '/several'], ['PATCH', '/all'], ['OPTIONS', '/all'], ['TRACE', '/all']] as const
    for (const [method, url] of served) {
      t.equal((await app.inject({ method: method as 'PUT', url })).statusCode, 401, method)
      t.equal((await app.inject({ method: method as 'PUT', url, headers: bearer('good') })).statusCode, 200, method)
    }
  })
}

t.test('the HEAD route of a GET route has the same requirement', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.get('/before', { config: { scopes: ['email'] } }, handler)
  const { introspect } = createIntrospect({ good: activeResponse(), mail: activeResponse({ scope: 'email' }) })
  await app.register(zitadel, { introspect })
  app.get('/after', { config: { scopes: ['email'] } }, handler)
  for (const url of ['/before', '/after']) {
    t.equal((await app.inject({ method: 'HEAD', url, headers: bearer('good') })).statusCode, 403, url)
    t.equal((await app.inject({ method: 'HEAD', url, headers: bearer('mail') })).statusCode, 200, url)
  }
})

t.test('a route outside of the scope is not guarded', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const { introspect } = createIntrospect({ good: activeResponse() })
  app.register(async (guarded) => {
    await guarded.register(zitadel, { introspect })
    guarded.get('/guarded', handler)
  })
  app.register(async (sibling) => { sibling.get('/sibling', { config: { roles: ['admin'] } }, handler) })
  app.get('/outside', { config: { roles: ['admin'] } }, handler)
  const get = getter(app)
  t.equal((await get('/guarded', null)).statusCode, 401)
  t.equal((await get('/sibling', null)).statusCode, 200)
  t.equal((await get('/outside', null)).statusCode, 200)
})
