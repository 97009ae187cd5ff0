import t from 'tap'
import { startStandIn, type TokenOptions } from '../../lib/testing/index.ts'
import { introspect } from './client.ts'

const standIn = await startStandIn()
t.teardown(() => standIn.close())

async function answer (options: TokenOptions): Promise<Record<string, any>> {
  return (await introspect(standIn, await standIn.issueToken(options))).json
}

t.test('section 12: odd values can be forced, and claims of any type added or removed', async (t) => {
  const claims = {
    exp: 'soon',
    locale: null,
    sub: undefined,
    cnf: { jkt: 'x' },
    groups: ['a', { value: 'b', display: 'B' }],
    'urn:zitadel:iam:org:project:roles': [],
    'urn:zitadel:iam:action:flat:log': ['duplicate']
  }
  const { sub, ...sent } = claims
  const answered = await answer({ claims })
  t.match(answered, sent)
  t.notOk('sub' in answered)
})

t.test('section 3: alphabetical order as soon as one claim is not registered, and Go\'s escapes', async (t) => {
  const claims = { zebra: { 10: 1, 9: { b: [{ d: 1, c: '<&>\u2028' }], a: null } }, Alpha: true }
  const { text, json } = await introspect(standIn, await standIn.issueToken({ claims }))
  t.match(text, /^\{"Alpha":true,"active":true,"amr"/)
  t.match(text, '"username":"ada@acme.example","zebra":{"10":1,"9":{"a":null,"b":[{"c":"\\u003c\\u0026\\u003e\\u2028","d":1}]}}}\n')
  t.same(Object.keys(json), Object.keys(json).sort())
  const registered = await introspect(standIn, await standIn.issueToken({ claims: { exp: 5 } }))
  t.match(registered.text, /^\{"active":true,"scope"/, 'the order of the struct otherwise')
})

t.test('3.5: the forms of a token', async (t) => {
  const opaque = await standIn.issueToken()
  t.match(opaque, /^eyJ[\w-]+(\.[\w-]+){4}$/)
  t.match(JSON.parse(Buffer.from(opaque.split('.')[0] ?? '', 'base64url').toString()), { alg: 'A256GCMKW', enc: 'A256GCM' })
  const legacy = await standIn.issueToken({ format: 'legacy' })
  t.match(legacy, /^[\w-]+$/)
  const jwt = await standIn.issueToken({ format: 'jwt', sub: '5' })
  t.match(jwt, /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/)
  const { json } = await introspect(standIn, jwt)
  t.match(JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()), {
    iss: standIn.issuer, sub: '5', aud: json.aud, client_id: json.client_id, jti: json.jti, iat: json.iat, exp: json.iat + 43200
  })
  for (const token of [opaque, legacy, jwt]) t.equal((await introspect(standIn, token)).json.active, true)
})

t.test('section 9: a refresh keeps the session in jti', async (t) => {
  const old = await standIn.issueToken()
  const before = (await introspect(standIn, old)).json.jti
  const after = (await introspect(standIn, await standIn.refreshToken(old))).json.jti
  t.equal(after.split('-at_')[0], before.split('-at_')[0])
  t.not(after, before)
})
