import t from 'tap'
import Fastify from 'fastify'
import zitadel from '../../lib/index.ts'
import { createIntrospect, getter, startGuardedApp, activeResponse } from '../fixtures/guarded-app.ts'

const wrong: Array<[config: object, message: RegExp]> = [
  [{ scopes: 'openid' }, /"scopes" must be an array/],
  [{ scopes: undefined }, /"scopes" must be an array/],
  [{ scopes: null }, /"scopes" must be an array/],
  [{ scopes: { openid: true } }, /"scopes" must be an array/],
  [{ scopes: [1] }, /"scopes" must be an array/],
  [{ scopes: [''] }, /"scopes" must be an array/],
  [{ scopes: [' '] }, /"scopes" must be an array/],
  [{ scopes: [[]] }, /"scopes" must be .*non-empty/],
  [{ scopes: [['openid'], []] }, /"scopes" must be .*non-empty/],
  [{ scopes: [['openid'], 'email'] }, /"scopes" must be an array/],
  [{ scopes: [[['openid']]] }, /"scopes" must be an array/],
  [{ scopes: [['openid', undefined]] }, /"scopes" must be an array/],
  // Holes, which iterate as undefined.
  [{ scopes: new Array(1) }, /"scopes" must be an array/],
  [{ roles: Object.assign(new Array(2), { 1: 'admin' }) }, /"roles" must be an array/],
  [{ roles: Object.assign(new Array(2), { 1: ['admin'] }) }, /"roles" must be an array/],
  [{ scopes: ['open id'] }, /"scopes" must be made of scope-tokens/],
  [{ scopes: ['open"id'] }, /"scopes" must be made of scope-tokens/],
  [{ scopes: ['open\\id'] }, /"scopes" must be made of scope-tokens/],
  [{ scopes: ['openid\r\nx: y'] }, /"scopes" must be made of scope-tokens/],
  [{ scopes: ['openéd'] }, /"scopes" must be made of scope-tokens/],
  [{ scopes: [['email'], ['urn:zitadel:iam:org:project:role:x']] }, /"scopes" must be without role scopes/],
  [{ roles: [] }, /"roles" must be an array with at least one role/],
  [{ roles: 'admin' }, /"roles" must be an array/],
  [{ roles: [[]] }, /"roles" must be .*non-empty/],
  [{ roles: [['admin'], []] }, /"roles" must be .*non-empty/],
  [{ roles: [null] }, /"roles" must be an array/],
  [{ roles: ['admin'], organization: '' }, /"organization" must be the id/],
  [{ roles: ['admin'], organization: 7 }, /"organization" must be the id/],
  [{ roles: ['admin'], organization: undefined }, /"organization" must be the id/],
  [{ organization: 'acme' }, /"organization" must be given together with "roles"/],
  [{ scopes: [], organization: 'acme' }, /"organization" must be given together with "roles"/],
  [{ scopes: ['openid'], organization: 'acme' }, /"organization" must be given together with "roles"/],
  [{ freshness: 0 }, /"freshness" must be given together with "scopes" or "roles"/],
  [{ scopes: [], freshness: -1 }, /"freshness" must be a number/],
  [{ scopes: [], freshness: NaN }, /"freshness" must be a number/],
  [{ scopes: [], freshness: Infinity }, /"freshness" must be a number/],
  [{ scopes: [], freshness: '0' }, /"freshness" must be a number/],
  [{ access: 'open' }, /"access" must be 'public', 'optional' or 'own'/],
  [{ access: undefined }, /"access" must be/],
  [{ access: true }, /"access" must be/],
  [{ access: 'toString' }, /"access" must be/],
  [{ access: 'public', scopes: [] }, /"access" must stand alone/],
  [{ access: 'own', roles: ['admin'] }, /"access" must stand alone/],
  [{ access: 'optional', freshness: 0 }, /"access" must stand alone/],
  [{ scope: ['openid'] }, /"scope" is unknown, did you mean "scopes"/],
  [{ role: 'admin' }, /"role" is unknown, did you mean "roles"/],
  [{ Scopes: ['openid'] }, /"Scopes" is unknown, did you mean "scopes"/],
  [{ ROLES: ['admin'] }, /"ROLES" is unknown, did you mean "roles"/],
  [{ roles: ['admin'], organisation: 'acme' }, /"organisation" is unknown, did you mean "organization"/],
  [{ roles: ['admin'], organizations: ['acme'] }, /"organizations" is unknown, did you mean "organization"/],
  [{ roles: ['admin'], Organisations: ['acme'] }, /"Organisations" is unknown, did you mean "organization"/],
  [{ Access: 'public' }, /"Access" is unknown, did you mean "access"/],
  [{ scopes: [], freshNess: 0 }, /"freshNess" is unknown, did you mean "freshness"/]
]

t.test('a wrong config is thrown at the line that declares the route, and names it', async (t) => {
  const { app } = await startGuardedApp(t)
  for (const [config, message] of wrong) {
    const declare = (): unknown => app.route({ method: ['PUT', 'POST'], url: '/orders/:id', config, handler: async () => 'served' })
    t.throws(declare, { name: 'ZitadelError', code: 'FST_ZITADEL_OPTION', message: /^route PUT,POST \/orders\/:id: / })
    t.throws(declare, { message })
  }
})

t.test('a wrong config of a route that was declared before the plugin was ready stops the start, and names the route', async (t) => {
  for (const isAwaited of [true, false]) {
    for (const [config, message] of wrong) {
      const app = Fastify()
      t.teardown(() => app.close())
      const { calls, introspect } = createIntrospect({ good: activeResponse() })
      const declare = (): void => { app.get('/orders/:id', { config }, async () => 'served') }
      if (isAwaited) declare()
      const registered = app.register(zitadel, { introspect })
      if (isAwaited) await registered
      else declare()
      await t.rejects(async () => await app.ready(), { name: 'ZitadelError', code: 'FST_ZITADEL_OPTION', message: /^route (?:GET|HEAD) \/orders\/:id: / })
      await t.rejects(async () => await app.ready(), { message })
      t.strictSame((await getter(app)('/orders/7')).json(), { statusCode: 500, code: 'FST_ZITADEL_OPTION', error: 'Internal Server Error', message: 'This route is not configured correctly' }, 'inject does not report the failed start')
      t.strictSame(calls, [], 'no token is checked')
    }
  }
})

t.test("keys of other plugins in a route's config are ignored", async (t) => {
  const { app, get } = await startGuardedApp(t)
  app.get('/', { config: { scopes: [], rateLimit: { max: 1 }, scoped: true, roleplay: 1 } as object }, async () => 'served')
  t.equal((await get('/')).statusCode, 200)
})
