import t from 'tap'
import { constants, sign as cryptoSign } from 'node:crypto'
import { jwtVerify } from 'jose'
import { signAssertion, type Sign, type SigningClient } from '../../lib/oauth/private-key-jwt.ts'
import { ec, rsa } from '../fixtures/keys.ts'

const ISSUER = 'https://auth.acme.example'
const NOW = Date.UTC(2030, 0, 1)
const pss = { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
const p1363 = { key: ec.privateKey, dsaEncoding: 'ieee-p1363' } as const

function client (alg: SigningClient['alg'], sign: unknown): SigningClient {
  return { clientId: 'orders', keyId: 'key-1', alg, sign: sign as Sign }
}

t.test('an external signature makes a valid assertion', async (t) => {
  const signers = [
    ['RS256', rsa.publicKey, (data: Uint8Array) => cryptoSign('sha256', data, rsa.privateKey)],
    ['PS256', rsa.publicKey, async (data: Uint8Array) => cryptoSign('sha256', data, pss)],
    ['ES256', ec.publicKey, async (data: Uint8Array) => new Uint8Array(cryptoSign('sha256', data, p1363))]
  ] as const
  for (const [alg, publicKey, sign] of signers) {
    const assertion = await signAssertion(client(alg, sign), ISSUER, NOW)
    const { payload, protectedHeader } = await jwtVerify(assertion, publicKey, { issuer: 'orders', subject: 'orders', audience: ISSUER, currentDate: new Date(NOW) })
    t.same(protectedHeader, { alg, kid: 'key-1', typ: 'JWT' })
    t.equal(payload.exp, NOW / 1000 - 30 + 3600)
  }
})

t.test('names are UTF-8 in the signed bytes', async (t) => {
  const signer = { ...client('ES256', (data: Uint8Array) => cryptoSign('sha256', data, p1363)), clientId: 'bestellungen-ä😀', keyId: 'schlüssel' }
  const assertion = await signAssertion(signer, ISSUER, NOW)
  const { payload, protectedHeader } = await jwtVerify(assertion, ec.publicKey, { currentDate: new Date(NOW) })
  t.same([payload.iss, protectedHeader.kid], ['bestellungen-ä😀', 'schlüssel'])
})

t.test('the signer gets a copy of the bytes, which it can keep or overwrite', async (t) => {
  let alone = false
  const assertion = await signAssertion(client('ES256', (data: Uint8Array) => {
    alone = data.buffer.byteLength === data.byteLength
    const signature = cryptoSign('sha256', data, p1363)
    data.fill(0)
    return signature
  }), ISSUER, NOW)
  t.ok(alone, 'a signer that sends data.buffer sends nothing else')
  await t.resolves(jwtVerify(assertion, ec.publicKey, { currentDate: new Date(NOW) }))
})

t.test('a value that is no signature is an error', async (t) => {
  for (const wrong of [undefined, null, '', 'c2lnbmF0dXJl', 64, new ArrayBuffer(64), [1, 2, 3], new Uint8Array(0)]) {
    await t.rejects(signAssertion(client('RS256', () => wrong), ISSUER, NOW), { message: /"sign".*bytes/ })
    await t.rejects(signAssertion(client('RS256', async () => wrong), ISSUER, NOW), { message: /"sign".*bytes/ })
  }
})

t.test('for ES256, the signature is r and s, not DER (RFC 7518 section 3.4)', async (t) => {
  for (const length of [63, 65, 70, 71, 72]) {
    await t.rejects(signAssertion(client('ES256', () => new Uint8Array(length)), ISSUER, NOW), { message: /64 bytes/ })
  }
  await t.resolves(signAssertion(client('RS256', () => new Uint8Array(256)), ISSUER, NOW), 'RSA signatures are as long as the key')
})

t.test('the error of a signer has a fixed message, because its own could contain secrets', async (t) => {
  const failure = new Error('the key management system is down')
  await t.rejects(signAssertion(client('RS256', () => { throw failure }), ISSUER, NOW), { message: 'the function "sign" threw' })
  await t.rejects(signAssertion(client('RS256', async () => { throw failure }), ISSUER, NOW), { message: 'the function "sign" threw' })
})
