import t from 'tap'
import { startStandIn, type TokenOptions } from '../../lib/testing/index.ts'
import { introspect } from '../fixtures/stand-in-client.ts'

const standIn = await startStandIn()
t.teardown(() => standIn.close())

async function introspectNew (options: TokenOptions): Promise<Record<string, any>> {
  return (await introspect(standIn, await standIn.issueToken(options))).json
}

t.test('the claims option adds, changes and removes claims of any type', async (t) => {
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
  const claimsReceived = await introspectNew({ claims })
  t.match(claimsReceived, sent)
  t.notOk('sub' in claimsReceived)
})

t.test('fields are in alphabetical order if one of them is not registered, and are escaped as in Go', async (t) => {
  const claims = { zebra: { 10: 1, 9: { b: [{ d: 1, c: '<&>\u2028' }], a: null } }, Alpha: true }
  const { text, json } = await introspect(standIn, await standIn.issueToken({ claims }))
  t.match(text, /^\{"Alpha":true,"active":true,"amr"/)
  t.match(text, '"username":"ada@acme.example","zebra":{"10":1,"9":{"a":null,"b":[{"c":"\\u003c\\u0026\\u003e\\u2028","d":1}]}}}\n')
  t.same(Object.keys(json), Object.keys(json).sort())
  const registered = await introspect(standIn, await standIn.issueToken({ claims: { exp: 5 } }))
  t.match(registered.text, /^\{"active":true,"scope"/, 'the order of the protocol library')
})

t.test('each token format has its form', async (t) => {
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

t.test('a legacy token is active with another last character and without its last four, as in ZITADEL 4.13.1', async (t) => {
  const isActive = async (token: string): Promise<boolean> => (await introspect(standIn, token)).json.active
  const token = await standIn.issueToken({ format: 'legacy' })
  const start = token.slice(0, -1)
  t.equal(await isActive(`${start}${token.endsWith('A') ? 'B' : 'A'}`), true)
  t.equal(await isActive(token.slice(0, -4)), true)
  for (const other of [start, token.slice(0, -5), token.slice(0, -3), `${token}A`, `${token.slice(0, -4)}AAAA`, `B${token.slice(1)}`]) {
    t.equal(await isActive(other), other === token, other)
  }
  const jwt = await standIn.issueToken({ format: 'jwt' })
  t.equal(await isActive(jwt.slice(0, -4)), false)
  standIn.revoke(token)
  t.equal(await isActive(token.slice(0, -4)), false)
})

t.test('a refreshed token keeps the session in its jti', async (t) => {
  const old = await standIn.issueToken()
  const before = (await introspect(standIn, old)).json.jti
  const after = (await introspect(standIn, await standIn.refreshToken(old))).json.jti
  t.equal(after.split('-at_')[0], before.split('-at_')[0])
  t.not(after, before)
})
