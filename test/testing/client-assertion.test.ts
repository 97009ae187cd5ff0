import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto'
import t, { type Test } from 'tap'
import { startStandIn } from '../../lib/testing/index.ts'
import { introspectWith, sign, type AssertionOptions } from '../fixtures/stand-in-client.ts'

const now = 1_783_670_400_000
const seconds = now / 1000
let clock = now
const standIn = await startStandIn({ clock: () => clock })
const { key } = standIn.credentials
const token = await standIn.issueToken()
t.teardown(() => standIn.close())

/** Runs a test that can set the clock. */
function test (title: string, work: (t: Test) => Promise<void>): void {
  t.test(title, async (t) => {
    clock = now
    await work(t)
  })
}

async function send (options: AssertionOptions | string): Promise<string> {
  const assertion = typeof options === 'string' ? options : await sign(standIn, { now, ...options })
  const { status, text } = await introspectWith(standIn, token, assertion)
  const { reason } = standIn.requests.at(-1) ?? {}
  if (status === 200) return JSON.parse(text).active === true ? 'accepted' : 'inactive'
  return `${status} ${text.trim()} ${reason}`
}

const rejected = (reason: string) => `400 {"error":"unauthorized_client"} ${reason}`
const audience = rejected('audience is not valid')
const expired = rejected('token has expired')
const future = rejected('issuedAt of token is in the future')
const old = rejected('issuedAt of token is to old')
const badSignature = rejected('invalid signature')
const noKey = rejected('invalid signature (cannot decode, empty data)')

test('aud must contain the issuer, exactly', async (t) => {
  t.equal(await send({ claims: { aud: standIn.issuer } }), 'accepted')
  t.equal(await send({ claims: { aud: ['other', standIn.issuer] } }), 'accepted', 'in an array')
  for (const aud of [`${standIn.issuer}/`, `${standIn.issuer}/oauth/v2/introspect`, `${standIn.issuer}/oauth/v2/token`, standIn.issuer.replace('http', 'https'), [], 5, undefined]) {
    t.equal(await send({ claims: { aud } }), audience, String(aud))
  }
})

test('exp must be later than now + 1 s and has no upper bound', async (t) => {
  t.equal(await send({ claims: { exp: seconds + 2 } }), 'accepted')
  t.equal(await send({ claims: { exp: seconds + 1 } }), expired)
  clock = now + 999
  t.equal(await send({ claims: { exp: seconds + 2 } }), 'accepted', 'the last millisecond')
  clock = now + 1000
  t.equal(await send({ claims: { exp: seconds + 2 } }), expired)
  clock = now
  t.equal(await send({ claims: { exp: seconds + 315_360_000 } }), 'accepted', 'in ten years')
  t.equal(await send({ claims: { exp: undefined } }), expired, 'missing')
  t.equal(await send({ claims: { exp: null } }), expired, 'null')
})

test('iat must not be later than now + 1 s, rounded to the second', async (t) => {
  t.equal(await send({ claims: { iat: seconds + 1 } }), 'accepted')
  t.equal(await send({ claims: { iat: seconds + 2 } }), future)
  clock = now + 499
  t.equal(await send({ claims: { iat: seconds + 2 } }), future)
  clock = now + 500
  t.equal(await send({ claims: { iat: seconds + 2 } }), 'accepted')
})

test('iat must not be earlier than now - 1 h, rounded to the second', async (t) => {
  t.equal(await send({ claims: { iat: seconds - 3600 } }), 'accepted')
  t.equal(await send({ claims: { iat: seconds - 3601 } }), old)
  clock = now + 499
  t.equal(await send({ claims: { iat: seconds - 3600 } }), 'accepted')
  clock = now + 500
  t.equal(await send({ claims: { iat: seconds - 3600 } }), old)
  clock = now
  t.equal(await send({ claims: { iat: undefined } }), rejected('issuedAt of token is missing'))
})

test('an assertion from a clock that is 5 s ahead is rejected', async (t) => {
  t.equal(await send({ now: now + 5000 }), future)
})

test('times are numbers, whose fraction is cut, or RFC 3339 strings', async (t) => {
  t.equal(await send({ claims: { iat: seconds + 1.9, exp: seconds + 2.9 } }), 'accepted')
  t.equal(await send({ claims: { exp: seconds + 1.9 } }), expired)
  t.equal(await send({ claims: { exp: 1e30 } }), expired, 'an overflow')
  const date = (time: number) => new Date(time * 1000).toISOString()
  t.equal(await send({ claims: { iat: date(seconds), exp: date(seconds + 2) } }), 'accepted')
  t.equal(await send({ claims: { iat: date(seconds + 7200).replace('Z', '+02:00') } }), 'accepted', 'with an offset')
  t.equal(await send({ claims: { exp: date(seconds + 1.9) } }), expired, 'the fraction of a string is cut too')
  t.equal(await send({ claims: { exp: 'tomorrow' } }), 'inactive', 'another string is malformed')
})

test('iss is the client id of the application and sub equals iss', async (t) => {
  const other = await standIn.addApi()
  const differ = rejected('delegation not allowed, issuer and sub must be identical')
  const unknown = rejected('no active client with this id')
  t.equal(await send({ claims: { sub: other.clientId } }), differ)
  t.equal(await send({ claims: { sub: undefined } }), differ)
  t.equal(await send({ claims: { iss: undefined } }), unknown)
  t.equal(await send({ claims: { iss: '404', sub: '404' } }), unknown)
  t.equal(await send({ claims: { iss: other.clientId, sub: other.clientId } }), noKey, 'the key must be of this application')
  t.equal(await send(`${'e30'}.${Buffer.from('null').toString('base64url')}.`), unknown, 'no claims at all')
})

test('jti and nbf are not read: an assertion is accepted twice', async (t) => {
  const assertion = await sign(standIn, { now, claims: { jti: 'once', nbf: seconds + 1000 } })
  t.equal(await send(assertion), 'accepted')
  t.equal(await send(assertion), 'accepted')
})

test('kid must be a key of the application', async (t) => {
  t.equal(await send({ header: { kid: '404' } }), noKey)
  t.equal(await send({ header: { kid: undefined } }), noKey)
  const [, payload, signature] = (await sign(standIn, { now })).split('.')
  const header = Buffer.from(JSON.stringify({ alg: 'RS256', kid: 5 })).toString('base64url')
  t.match(await send(`${header}.${payload}.${signature}`), /^400 \{"error":"unauthorized_client"\}/, 'a number')
})

test('alg must be RS256 or PS256', async (t) => {
  t.equal(await send({ header: { alg: 'RS256' } }), 'accepted')
  t.equal(await send({ header: { alg: 'PS256' } }), 'accepted')
  t.equal(await send({ header: { alg: 'RS512' } }), badSignature)

  const forge = (alg: string, signature: (input: string) => string) => {
    const claims = { iss: key.clientId, sub: key.clientId, aud: standIn.issuer, iat: seconds, exp: seconds + 60 }
    const input = [{ alg, kid: key.keyId }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
    return `${input}.${signature(input)}`
  }
  const publicPem = createPublicKey(key.key).export({ type: 'spki', format: 'pem' })
  t.equal(await send(forge('none', () => '')), badSignature, 'none')
  t.equal(await send(forge('HS256', (input) => createHmac('sha256', publicPem).update(input).digest('base64url'))), badSignature, 'HS256 with the public key')
  t.equal(await send(forge('ES256', () => Buffer.alloc(64).toString('base64url'))), badSignature, 'ES256')
  t.equal(await send(forge('EdDSA', () => Buffer.alloc(64).toString('base64url'))), badSignature, 'EdDSA')
})

test('the signature must match the key and the text', async (t) => {
  const other = await standIn.addApi()
  t.equal(await send({ key: { ...key, key: other.key.key } }), badSignature)
  const [head, payload, signature] = (await sign(standIn, { now })).split('.')
  const changed = Buffer.from(JSON.stringify({ iss: key.clientId, sub: key.clientId, aud: standIn.issuer, iat: seconds, exp: seconds + 9999 })).toString('base64url')
  t.equal(await send(`${head}.${changed}.${signature}`), badSignature)
  t.equal(await send(`${head}.${payload}.`), badSignature)
  t.equal(await send({ header: { typ: 'anything' } }), 'accepted', 'typ is not read')
})

test('white space around the assertion and the case of claim names do not matter', async (t) => {
  const assertion = await sign(standIn, { now })
  t.equal(await send(` ${assertion}\n`), 'accepted')
  t.equal(await send(assertion.replace(/.{64}/g, '$&\r\n')), 'accepted', 'wrapped lines')
  t.equal(await send(assertion.replace('.', '. ')), 'inactive', 'other white space within the payload')
  t.equal(await send({ claims: { aud: undefined, AUD: standIn.issuer } }), 'accepted')
})

test('the order of the checks is aud, exp, iat, sub, kid', async (t) => {
  const wrong = { aud: 'other', exp: 1, iat: 1, sub: 'other' }
  const { aud, ...afterAudience } = wrong
  const { exp, ...afterExpiry } = afterAudience
  const { iat, ...afterIssuedAt } = afterExpiry
  const header = { kid: '404' }
  t.equal(await send({ claims: { aud, ...afterAudience }, header }), audience)
  t.equal(await send({ claims: { exp, ...afterExpiry }, header }), expired)
  t.equal(await send({ claims: { iat, ...afterIssuedAt }, header }), old)
  t.match(await send({ claims: afterIssuedAt, header }), /sub must be identical/)
  t.equal(await send({ header }), noKey)
})

test('an embedded jwk must be a public key, and is not used', async (t) => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = publicKey.export({ format: 'jwk' })
  const rsa = createPublicKey(key.key).export({ format: 'jwk' })
  const okp = (type: 'ed25519' | 'x25519'): object => generateKeyPairSync(type as 'ed25519').publicKey.export({ format: 'jwk' })
  for (const valid of [undefined, null, jwk, rsa, okp('ed25519')]) t.equal(await send({ header: { jwk: valid } }), 'accepted', JSON.stringify(valid))
  const secp256k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({ format: 'jwk' })
  for (const invalid of ['text', 5, [], {}, { kty: 'RSA' }, { kty: 'oct', k: 'AAAA' }, { ...jwk, x: 'AAAA' }, privateKey.export({ format: 'jwk' }), secp256k1, okp('x25519')]) {
    t.equal(await send({ header: { jwk: invalid } }), badSignature, JSON.stringify(invalid))
  }
})
