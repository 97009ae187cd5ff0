import t from 'tap'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { SignJWT, exportJWK } from 'jose'
import { IssuerKeys, KeysUnavailableError } from '../../lib/logout/issuer-keys.ts'
import { verifyLogoutToken } from '../../lib/logout/logout-token.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { ec, rsa } from '../fixtures/keys.ts'

const ISSUER = 'https://auth.acme.example'
const NOW = 1_790_000_000
const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const ed25519 = generateKeyPairSync('ed25519')

interface Signed { alg?: string, key?: KeyObject, claims?: object, typ?: string }

async function sign ({ alg = 'ES256', key = ec.privateKey, claims = {}, typ = 'logout+jwt' }: Signed = {}): Promise<string> {
  const payload = { iss: ISSUER, aud: 'web', iat: NOW, exp: NOW + 900, jti: '1', sub: 'ada', events: { [EVENT]: {} }, ...claims }
  return await new SignJWT(payload).setProtectedHeader({ alg, typ }).sign(key)
}

async function verify (token: string, key: KeyObject = ec.publicKey, seconds = NOW): ReturnType<typeof verifyLogoutToken> {
  return await verifyLogoutToken(token, { issuer: ISSUER, clientIds: ['web'], getKey: async () => key as never }, seconds * 1000)
}

t.test('tokens of every asymmetric algorithm are accepted', async (t) => {
  const curve = (namedCurve: string): { publicKey: KeyObject, privateKey: KeyObject } => generateKeyPairSync('ec', { namedCurve })
  const pairs = {
    RS256: rsa, RS384: rsa, RS512: rsa, PS256: rsa, PS384: rsa, PS512: rsa, ES256: ec, ES384: curve('P-384'), ES512: curve('P-521'), EdDSA: ed25519, Ed25519: ed25519
  }
  for (const [alg, { privateKey, publicKey }] of Object.entries(pairs)) {
    t.same(await verify(await sign({ alg, key: privateKey }), publicKey), { jti: '1', sub: 'ada', sid: undefined }, alg)
  }
})

t.test('each type of the header that is a logout token is accepted, in any case', async (t) => {
  for (const typ of ['JWT', 'jwt', 'logout+jwt', 'Logout+JWT', 'application/logout+jwt']) t.match(await verify(await sign({ typ })), { jti: '1' }, typ)
  for (const typ of ['at+jwt', '', 'logout']) t.equal(await verify(await sign({ typ })), 'claims', typ)
})

t.test('an id has 1 to 200 characters, and a user or a session is named', async (t) => {
  const longest = 'x'.repeat(200)
  t.same(await verify(await sign({ claims: { jti: longest, sub: longest, sid: longest } })), { jti: longest, sub: longest, sid: longest })
  t.same(await verify(await sign({ claims: { sub: undefined, sid: '7' } })), { jti: '1', sub: undefined, sid: '7' })
  for (const claims of [{ jti: `${longest}x` }, { sub: `${longest}x` }, { sid: `${longest}x` }, { jti: '' }, { sub: '' }, { sid: 7 }, { sub: undefined }, { jti: undefined }]) {
    t.equal(await verify(await sign({ claims })), 'claims', JSON.stringify(claims).slice(0, 30))
  }
})

t.test('a token is accepted up to 900 seconds after it was issued, with clocks that differ by 60 seconds', async (t) => {
  const token = await sign({ claims: { exp: NOW + 5000 } })
  for (const offset of [-60, 0, 960]) t.match(await verify(token, ec.publicKey, NOW + offset), { jti: '1' }, `${offset} s`)
  for (const offset of [-61, 961]) t.equal(await verify(token, ec.publicKey, NOW + offset), 'time', `${offset} s`)
  const brief = await sign({ claims: { exp: NOW + 10 } })
  t.match(await verify(brief, ec.publicKey, NOW + 69), { jti: '1' })
  t.equal(await verify(brief, ec.publicKey, NOW + 70), 'time')
})

t.test('the keys of the issuer are fetched again after five minutes, and for an unknown key at most every ten seconds', async (t) => {
  const clock = new ManualClock()
  const jwk = { ...await exportJWK(ec.publicKey), kid: 'a' }
  const failures: Error[] = []
  let fetches = 0
  let fetchKeys = async (): Promise<unknown> => ({ keys: [jwk] })
  const keys = new IssuerKeys(async () => { fetches++; return await fetchKeys() }, (error) => { failures.push(error) }, clock)
  const find = async (kid: string): Promise<unknown> => await keys.find({ alg: 'ES256', kid }, { payload: '', signature: '' } as never)
  await Promise.all([find('a'), find('a')])
  t.equal(fetches, 1, 'concurrent tokens cause one request')
  clock.advance(299.999)
  await find('a')
  t.equal(fetches, 1)
  clock.advance(0.001)
  await find('a')
  t.equal(fetches, 2)
  clock.advance(9.999)
  await t.rejects(find('b'), { code: 'ERR_JWKS_NO_MATCHING_KEY' })
  t.equal(fetches, 2)
  clock.advance(0.001)
  await t.rejects(find('b'), { code: 'ERR_JWKS_NO_MATCHING_KEY' })
  t.equal(fetches, 3)
  fetchKeys = async () => { throw new Error('down') }
  clock.advance(10)
  await t.rejects(find('b'), { code: 'ERR_JWKS_NO_MATCHING_KEY' })
  t.match(failures, [{ message: 'down' }])
  clock.advance(300)
  await find('a')
  t.equal(failures.length, 2, 'known keys stay in use')
  const none = new IssuerKeys(async () => { throw new Error('down') }, () => {}, clock)
  t.ok(await Promise.resolve(none.find({ alg: 'ES256' }, { payload: '', signature: '' } as never)).catch((error: unknown) => error) instanceof KeysUnavailableError)
})
