import t from 'tap'
import { Grants, type GrantRules } from '../../lib/zitadel/grants.ts'

const roles = { 'urn:zitadel:iam:org:project:roles': { 'orders:read': { 900: 'acme.example' } } }

function grants (claims: object, customScopes: GrantRules['customScopes'] = 'roles'): Grants {
  return new Grants({ active: true, ...claims }, { customScopes })
}

t.test("ZITADEL's own scopes are held by the token's scope", async (t) => {
  const held = grants({ scope: 'openid email urn:zitadel:iam:user:metadata' })
  for (const scope of ['openid', 'email', 'urn:zitadel:iam:user:metadata']) t.ok(held.hasScope(scope), scope)
  for (const scope of ['profile', 'open', 'openid email', '', 'urn:zitadel:iam:user']) t.notOk(held.hasScope(scope), scope)
})

t.test("a custom scope is a role, because the client chose the token's scope", async (t) => {
  const held = grants({ scope: 'openid orders:write', ...roles })
  t.notOk(held.hasScope('orders:write'))
  t.ok(held.hasScope('orders:read'))
})

t.test('a scope of ZITADEL is not a role, even if a role has its name', async (t) => {
  const held = grants({ 'urn:zitadel:iam:org:project:roles': { email: { 900: 'acme.example' } } })
  t.notOk(held.hasScope('email'))
  t.ok(held.hasRole('email'))
})

t.test("with customScopes: 'scope', the token's scope counts for all scopes but role scopes", async (t) => {
  const held = grants({ scope: 'openid orders:write', ...roles }, 'scope')
  t.ok(held.hasScope('orders:write'))
  t.ok(held.hasScope('openid'))
  t.notOk(held.hasScope('orders:read'))
})

t.test('a role scope is never held, because each personal access token lists all roles of the project', async (t) => {
  const scope = 'urn:zitadel:iam:org:project:role:admin'
  for (const customScopes of ['roles', 'scope'] as const) {
    const held = grants({ scope: `openid ${scope}`, 'urn:zitadel:iam:org:project:roles': { [scope]: { 900: 'acme.example' } } }, customScopes)
    t.notOk(held.hasScope(scope), customScopes)
    t.ok(held.scopes.includes(scope), 'listed as it was sent')
  }
})

t.test('a scope of a wrong type grants nothing', async (t) => {
  for (const scope of [undefined, null, 5, true, ['openid'], { openid: true }]) t.same([...grants({ scope }).scopes], [], JSON.stringify(scope))
})

t.test('only spaces separate scopes (RFC 6749 section 3.3), one or more', async (t) => {
  t.same([...grants({ scope: '  openid   email ' }).scopes], ['openid', 'email'])
  t.same([...grants({ scope: '' }).scopes], [])
  t.notOk(grants({ scope: 'openid,email' }).hasScope('email'))
  t.notOk(grants({ scope: 'openid\temail' }).hasScope('email'))
})
