import t from 'tap'
import { Grants, type GrantRules } from '../../lib/zitadel/grants.ts'

const ROLES = 'urn:zitadel:iam:org:project:roles'
const PROJECT_ROLES = 'urn:zitadel:iam:org:project:280000000000000001:roles'

function grants (claims: object, rules: Partial<GrantRules> = {}): Grants {
  return new Grants({ active: true, ...claims }, { customScopes: 'roles', ...rules })
}

t.test('a role counts in the organizations that granted it', async (t) => {
  const held = grants({ [ROLES]: { admin: { 900: 'acme.example' }, reader: { 900: 'acme.example', 901: 'other.example' } } })
  t.ok(held.hasRole('admin'))
  t.ok(held.hasRole('admin', '900'))
  t.notOk(held.hasRole('admin', '901'))
  t.ok(held.hasRole('reader', '900'))
  t.ok(held.hasRole('reader', '901'))
  t.notOk(held.hasRole('writer'))
  t.notOk(held.hasRole('admin', 'acme.example'), 'organizations are named by their id, not their domain')
})

t.test('the empty organization grants nothing', async (t) => {
  const held = grants({ [ROLES]: { admin: { '': 'nobody.example', 900: 'acme.example' } } })
  t.notOk(held.hasRole('admin', ''))
  t.ok(held.hasRole('admin', '900'))
  t.notOk(grants({ [ROLES]: { admin: { '': 'nobody.example' } } }).hasRole('admin'))
})

t.test('a role without an organization does not count', async (t) => {
  for (const organizations of [{}, null, [], ['900'], 'acme.example', true, 1, { 900: null }, { 900: {} }, { 900: true }]) {
    t.notOk(grants({ [ROLES]: { admin: organizations } }).hasRole('admin'), JSON.stringify(organizations))
  }
})

t.test('roles of a wrong type grant nothing', async (t) => {
  for (const claim of [undefined, null, 'admin', 1, true, [], ['admin'], [{ admin: { 900: 'acme.example' } }], {}]) {
    const held = grants({ [ROLES]: claim })
    t.equal(Object.keys(held.roles).length, 0, JSON.stringify(claim))
    for (const role of ['admin', '0', 'length', '']) t.notOk(held.hasRole(role))
  }
})

t.test('names of Object.prototype are neither roles nor organizations', async (t) => {
  const held = grants({ [ROLES]: { admin: { 900: 'acme.example' } } })
  for (const name of ['constructor', 'toString', 'hasOwnProperty', '__proto__', 'prototype']) {
    t.notOk(held.hasRole(name))
    t.notOk(held.hasRole('admin', name))
  }
})

t.test('a __proto__ in the response grants nothing', async (t) => {
  const held = grants(JSON.parse(`{ "${ROLES}": { "__proto__": { "admin": { "900": "acme.example" } }, "reader": { "__proto__": "evil.example" } } }`))
  for (const role of ['__proto__', 'admin', '900', 'reader']) t.notOk(held.hasRole(role), role)
  t.equal(Object.keys(held.roles).length, 0)
})

t.test('with a projectId, only the roles of that project count', async (t) => {
  const claims = { [ROLES]: { reader: { 900: 'acme.example' } }, [PROJECT_ROLES]: { admin: { 900: 'acme.example' } } }
  const held = grants(claims, { projectId: '280000000000000001' })
  t.ok(held.hasRole('admin'))
  t.notOk(held.hasRole('reader'))
  t.notOk(grants(claims).hasRole('admin'), 'without a projectId, the roles of the API count')
  t.same(grants(claims, { projectId: '280000000000000002' }).roles, {}, 'the roles of the API do not replace those of another project')
})

t.test('without a projectId, no claim of a project is read', async (t) => {
  t.notOk(grants({ 'urn:zitadel:iam:org:project:undefined:roles': { admin: { 900: 'acme.example' } } }).hasRole('admin'))
})

t.test('a claim of the project that has a wrong type grants nothing', async (t) => {
  const claims = { [ROLES]: { reader: { 900: 'acme.example' } }, [PROJECT_ROLES]: 'admin' }
  t.same(grants(claims, { projectId: '280000000000000001' }).roles, {})
})

t.test('an organization that is not a string matches none, even if it converts to one', async (t) => {
  const held = grants({ 'urn:zitadel:iam:org:project:roles': { admin: { 900: 'acme.example' } } })
  for (const organization of [['900'], 900, { toString: () => '900' }, null]) t.notOk(held.hasRole('admin', organization as never), String(organization))
  t.ok(held.hasRole('admin', '900'))
})
