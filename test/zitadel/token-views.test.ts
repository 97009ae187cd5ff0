import t from 'tap'
import type { IntrospectionResponse } from '../../lib/oauth/introspection.ts'
import { IntrospectedToken } from '../../lib/zitadel/active-token.ts'
import { Grants } from '../../lib/zitadel/grants.ts'

function token (claims: object): IntrospectedToken {
  const response = { active: true, ...claims } as IntrospectionResponse
  return new IntrospectedToken(response, new Grants(response, { customScopes: 'roles' }))
}

const METADATA = 'urn:zitadel:iam:user:metadata'
const ROLES = 'urn:zitadel:iam:org:project:roles'

t.test('metadata is decoded from base64url, with and without padding', async (t) => {
  const { metadata } = token({ [METADATA]: { tier: 'Z29sZA', padded: 'Z29sZA==', city: 'WsO8cmljaCDwn5iA', url: 'Pz8_Pj4-', empty: '' } })
  t.same(Object.entries(metadata), [['tier', 'gold'], ['padded', 'gold'], ['city', 'Zürich 😀'], ['url', '???>>>'], ['empty', '']])
})

t.test('metadata of a wrong type is left out', async (t) => {
  for (const claim of [undefined, null, 'Z29sZA', 5, true, [], [{ tier: 'Z29sZA' }], {}]) t.same(Object.keys(token({ [METADATA]: claim }).metadata), [], JSON.stringify(claim))
  t.same(Object.entries(token({ [METADATA]: { tier: 5, list: ['Z29sZA'], none: null, plan: 'cHJv' } }).metadata), [['plan', 'pro']])
})

t.test('views inherit nothing, so that each name finds only what was sent', async (t) => {
  const { roles, metadata } = token(JSON.parse(`{ "${METADATA}": { "__proto__": "Z29sZA" }, "${ROLES}": { "admin": { "900": "acme.example" } } }`))
  for (const view of [roles, roles['admin']!, metadata]) {
    const inherited: unknown = Object.getPrototypeOf(view)
    t.ok(Object.isFrozen(inherited))
    t.same(Reflect.ownKeys(inherited as object), [])
    t.equal(Object.getPrototypeOf(inherited), null)
  }
  t.equal(roles['constructor'], undefined)
  t.equal(roles['admin']!['toString'], undefined)
  t.same(Object.entries(metadata), [['__proto__', 'gold']], 'a key like any other')
})

t.test('an actor is read, with the actors inside it', async (t) => {
  const act = { iss: 'https://auth.acme.example', sub: '601', act: { sub: '602' } }
  t.same(token({ act }).actor, act)
  t.equal(token({}).actor, undefined)
  t.equal(token({ act: null }).actor, undefined)
})

t.test('no part of a token can be changed', async (t) => {
  const ada = token({ sub: '500', scope: 'openid', act: { sub: '601', act: { sub: '602' } }, list: [{ deep: [{}] }], [METADATA]: { tier: 'Z29sZA' }, [ROLES]: { admin: { 900: 'acme.example' } } })
  const seen = new Set<object>()
  const open: object[] = [ada]
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    t.ok(Object.isFrozen(value))
    t.notOk(value instanceof Set || value instanceof Map, 'which would still take entries')
    seen.add(value)
    for (const key of Reflect.ownKeys(value)) {
      const member: unknown = Reflect.get(value, key)
      if (typeof member === 'object' && member !== null && !seen.has(member)) open.push(member)
    }
  }
  t.ok(seen.size > 12, 'nested values were visited')
})

t.test('attempts to change a token have no effect on its grants', async (t) => {
  const ada = token({ scope: 'openid', [ROLES]: { admin: { 900: 'acme.example' } } })
  t.throws(() => { Object.assign(ada.roles, { root: { 900: 'acme.example' } }) }, TypeError)
  t.throws(() => { (ada.scopes as string[]).push('email') }, TypeError)
  t.throws(() => { Object.assign(ada, { sub: 'eve' }) }, TypeError)
  t.notOk(ada.hasRole('root'))
  t.notOk(ada.hasScope('email'))
})

t.test('a response that is nested deeper than the stack is read and frozen', async (t) => {
  let list: unknown = []
  let act: object = { sub: '0' }
  for (let depth = 0; depth < 100_000; depth++) {
    list = [list]
    act = { sub: '1', act }
  }
  const deep = token({ list, act })
  t.equal(deep.actor?.act?.act?.sub, '1')
  let innermost = list as unknown[]
  while (innermost.length > 0) innermost = innermost[0] as unknown[]
  t.ok(Object.isFrozen(innermost))
})
