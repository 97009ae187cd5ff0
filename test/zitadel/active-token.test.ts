import t from 'tap'
import type { IntrospectionResponse } from '../../lib/oauth/introspection.ts'
import { IntrospectedToken } from '../../lib/zitadel/active-token.ts'
import { Grants } from '../../lib/zitadel/grants.ts'

function token (claims: object, rules: ConstructorParameters<typeof Grants>[1] = { customScopes: 'roles' }): IntrospectedToken {
  const response = { active: true, ...claims } as IntrospectionResponse
  return new IntrospectedToken(response, new Grants(response, rules))
}

const person = {
  sub: '280000000000000500',
  client_id: '280000000000000100',
  scope: 'openid email',
  exp: 1893456000,
  'urn:zitadel:iam:org:project:roles': { admin: { 900: 'acme.example', 901: 'other.example' } },
  'urn:zitadel:iam:user:resourceowner:id': '900'
}

t.test('a token of a person has the fields of the response', async (t) => {
  const ada = token(person)
  t.equal(ada.sub, '280000000000000500')
  t.equal(ada.clientId, '280000000000000100')
  t.same(ada.scopes, ['openid', 'email'])
  t.same(Object.entries(ada.roles), [['admin', { 900: 'acme.example', 901: 'other.example' }]])
  t.equal(ada.organization, '900')
  t.equal(ada.expiresAt, 1893456000)
  t.equal(ada.stale, false)
  t.same(ada.claims, { active: true, ...person })
})

t.test('fields that a minimal response lacks are absent', async (t) => {
  const bare = token({})
  t.equal(bare.sub, '')
  for (const name of ['clientId', 'organization', 'actor', 'expiresAt'] as const) t.equal(bare[name], undefined, name)
  t.same(bare.scopes, [])
  t.same(Object.keys(bare.roles), [])
  t.same(Object.keys(bare.metadata), [])
})

t.test('claims of a wrong type are absent from the fields, and present in the claims', async (t) => {
  const odd = token({ sub: 5, client_id: null, scope: ['openid'], 'urn:zitadel:iam:user:resourceowner:id': {}, 'urn:zitadel:iam:org:id': 900 })
  t.equal(odd.sub, '')
  t.equal(odd.clientId, undefined)
  t.same(odd.scopes, [])
  t.equal(odd.organization, undefined)
  t.equal(odd.claims['sub'], 5)
})

t.test('the organization is that of the user, or the one that the login was forced to', async (t) => {
  t.equal(token({ 'urn:zitadel:iam:org:id': '902' }).organization, '902')
  t.equal(token({ 'urn:zitadel:iam:org:id': '902', 'urn:zitadel:iam:user:resourceowner:id': '900' }).organization, '900')
})

t.test('hasScope applies the rules of a route', async (t) => {
  const ada = token(person)
  t.ok(ada.hasScope('email'))
  t.ok(ada.hasScope('admin'), 'a custom scope is a role')
  t.notOk(ada.hasScope('profile'))
  t.notOk(ada.hasScope('urn:zitadel:iam:org:project:role:admin'))
  t.ok(token({ scope: 'orders:read' }, { customScopes: 'scope' }).hasScope('orders:read'))
})

t.test('a token that is used past its ttl has the same fields, and stale is true', async (t) => {
  const ada = token(person)
  const stale = ada.asStale()
  t.same([ada.stale, stale.stale], [false, true])
  t.same({ ...stale, stale: false }, { ...ada })
  t.ok(stale.hasRole('admin'))
  t.ok(Object.isFrozen(stale))
  const described = token({ ...person, 'urn:zitadel:iam:user:metadata': { department: 'b3JkZXJz' } })
  t.same(described.metadata, { department: 'orders' })
  t.equal(described.asStale().metadata, described.metadata, 'not decoded again')
})

t.test('hasRole checks any organization, or the given one', async (t) => {
  const ada = token(person)
  t.ok(ada.hasRole('admin'))
  t.ok(ada.hasRole('admin', {}))
  t.ok(ada.hasRole('admin', { organization: '901' }))
  t.notOk(ada.hasRole('admin', { organization: '902' }))
  t.notOk(ada.hasRole('reader'))
  t.notOk(ada.hasRole('admin', { organisation: '901' } as never), 'a misspelt key does not match more')
  t.notOk(ada.hasRole('admin', { organization: '901', domain: 'other.example' } as never), 'an unknown key matches nothing')
})

t.test('in an unknown organization, no role is held', async (t) => {
  const ada = token(person)
  for (const within of ['', '9', '901', 0, 901, true, [], ['901'], new Map([['organization', '901']]), Object.create({ organization: '901' }), Object.defineProperty({}, 'organization', { value: '901' }), null, Promise.resolve({ organization: '902' }), new Date(), /9/, Object(true), { [Symbol('organization')]: '902' }, new (class { readonly #organization = '902'; get () { return this.#organization } })()]) t.notOk(ada.hasRole('admin', within as never), String(within))
  for (const organization of [undefined, '', null as unknown as string, 'constructor']) t.notOk(ada.hasRole('admin', { organization }), String(organization))
})
