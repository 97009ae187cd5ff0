import t from 'tap'
import { startGuardedApp, activeResponse, roles } from '../fixtures/guarded-app.ts'

const asked = activeResponse({ scope: 'openid orders:read' })
const holds = activeResponse(roles({ 'orders:read': ['acme'] }))

t.test('a custom scope is looked for among the roles, because a client can request any scope', async (t) => {
  const { app, get } = await startGuardedApp(t, { responses: { asked, holds } })
  app.get('/', { config: { scopes: ['orders:read'] } }, async (request) => request.zitadel.hasScope('orders:read'))
  const refused = await get('/', 'asked')
  t.equal(refused.json().code, 'FST_ZITADEL_INSUFFICIENT_ROLE')
  t.equal(refused.headers['www-authenticate'], 'Bearer error="insufficient_scope"')
  t.equal((await get('/', 'holds')).body, 'true')
})

t.test('with customScopes: scope it is looked for in the scope, and named in the challenge', async (t) => {
  const { app, get } = await startGuardedApp(t, { responses: { asked, holds }, options: { customScopes: 'scope' } })
  app.get('/', { config: { scopes: ['orders:read'] } }, async (request) => request.zitadel.hasScope('orders:read'))
  t.equal((await get('/', 'asked')).body, 'true')
  const refused = await get('/', 'holds')
  t.equal(refused.json().code, 'FST_ZITADEL_INSUFFICIENT_SCOPE')
  t.equal(refused.headers['www-authenticate'], 'Bearer error="insufficient_scope", scope="orders:read"')
})

t.test("ZITADEL's own scopes are looked for in the scope, never among the roles", async (t) => {
  const own = ['openid', 'profile', 'email', 'phone', 'address', 'offline_access', 'groups', 'urn:zitadel:iam:org:id:acme']
  const { app, get } = await startGuardedApp(t, {
    responses: {
      scoped: activeResponse({ scope: own.join(' ') }),
      named: activeResponse({ scope: '', ...roles(Object.fromEntries(own.map((scope) => [scope, ['acme']]))) })
    }
  })
  own.forEach((scope, i) => app.get(`/${i}`, { config: { scopes: [scope] } }, async () => 'served'))
  for (const [i, scope] of own.entries()) {
    t.equal((await get(`/${i}`, 'scoped')).statusCode, 200, scope)
    t.equal((await get(`/${i}`, 'named')).json().code, 'FST_ZITADEL_INSUFFICIENT_SCOPE', scope)
  }
})

t.test('a role scope as a requirement throws: it only says that a client requested it', async (t) => {
  for (const customScopes of ['roles', 'scope'] as const) {
    const { app } = await startGuardedApp(t, { options: { customScopes } })
    const declare = (): unknown => app.get('/', { config: { scopes: ['urn:zitadel:iam:org:project:role:admin'] } }, async () => 'served')
    t.throws(declare, { code: 'FST_ZITADEL_OPTION', message: /route GET \/: "scopes".*role/ })
  }
})

t.test('the challenge names scopes only if they alone would satisfy one alternative', async (t) => {
  const { app, get } = await startGuardedApp(t, { responses: { reader: activeResponse({ scope: '', ...roles({ reader: ['acme'] }) }) } })
  const challenge = async (url: string, token: string): Promise<unknown> => (await get(url, token)).headers['www-authenticate']
  app.get('/any', { config: { scopes: [['email', 'writer'], ['email', 'profile', 'reader']] } }, async () => 'served')
  app.get('/roles', { config: { scopes: ['email'], roles: ['writer'] } }, async () => 'served')
  t.equal(await challenge('/any', 'reader'), 'Bearer error="insufficient_scope", scope="email profile"')
  t.equal(await challenge('/any', 'good'), 'Bearer error="insufficient_scope"')
  t.equal(await challenge('/roles', 'reader'), 'Bearer error="insufficient_scope"', 'the role would still be missing')
})
