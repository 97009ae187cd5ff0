import t from 'tap'
import { isZitadelScope, isRoleScope } from '../../lib/zitadel/scopes.ts'

t.test("ZITADEL's own scopes are the standard ones and those of its name space", async (t) => {
  const own = [
    'openid', 'profile', 'email', 'phone', 'address', 'offline_access', 'groups',
    'urn:zitadel:iam:user:metadata', 'urn:zitadel:iam:user:resourceowner', 'urn:zitadel:iam:org:id:280000000000000900',
    'urn:zitadel:iam:org:project:id:280000000000000001:aud', 'urn:zitadel:iam:org:projects:roles', 'urn:zitadel:iam:something:new'
  ]
  for (const scope of own) t.ok(isZitadelScope(scope), scope)
})

t.test('any other scope is a custom one, however similar', async (t) => {
  for (const scope of ['', 'orders:read', 'OpenID', 'openid ', 'group', 'admin', 'urn:zitadel:iam', 'urn:zitadel:other', 'xurn:zitadel:iam:user', 'toString', '__proto__']) {
    t.notOk(isZitadelScope(scope), scope)
  }
})

t.test('a scope that requests a role is a role scope', async (t) => {
  for (const scope of ['urn:zitadel:iam:org:project:role:admin', 'urn:zitadel:iam:org:project:role:']) t.ok(isRoleScope(scope), scope)
  for (const scope of ['admin', 'urn:zitadel:iam:org:projects:roles', 'urn:zitadel:iam:org:project:id:1:aud', 'urn:zitadel:iam:org:roles:id:1']) t.notOk(isRoleScope(scope), scope)
})
