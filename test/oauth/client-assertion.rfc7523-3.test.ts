import t from 'tap'
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { privateKeyJwt, signAssertion, type SigningClient } from '../../lib/oauth/private-key-jwt.ts'
import { ec, rsa } from '../fixtures/keys.ts'

const ISSUER = 'https://auth.acme.example'
const NOW = Date.UTC(2030, 0, 1) + 999
const SECONDS = Math.floor(NOW / 1000)
const byRsa: SigningClient = { clientId: '123@orders', keyId: 'key-1', alg: 'RS256', key: rsa.privateKey }
const byEc: SigningClient = { clientId: '123@orders', keyId: 'key-2', alg: 'ES256', key: ec.privateKey }

t.test('the assertion is signed by the client, and its audience is the issuer only', async (t) => {
  for (const [client, { publicKey }] of [[byRsa, rsa], [byEc, ec]] as const) {
    const assertion = await signAssertion(client, ISSUER, NOW)
    const { payload } = await jwtVerify(assertion, publicKey, { issuer: '123@orders', subject: '123@orders', audience: ISSUER, currentDate: new Date(NOW) })
    t.same(payload.aud, [ISSUER])
    t.same(decodeProtectedHeader(assertion), { alg: client.alg, kid: client.keyId, typ: 'JWT' })
    await t.rejects(jwtVerify(assertion, publicKey, { audience: `${ISSUER}/`, currentDate: new Date(NOW) }))
  }
})

t.test('the assertion is backdated by half a minute and valid for an hour, in whole seconds (rules 4 and 6)', async (t) => {
  const { iat, exp, nbf } = decodeJwt(await signAssertion(byEc, ISSUER, NOW))
  t.equal(iat, SECONDS - 30)
  t.equal(exp, SECONDS - 30 + 3600)
  t.equal(nbf, undefined)
})

t.test('each assertion has an id of its own (rule 7)', async (t) => {
  const ids = await Promise.all(Array.from({ length: 50 }, async () => decodeJwt(await signAssertion(byEc, ISSUER, NOW)).jti))
  t.equal(new Set(ids).size, 50)
  for (const id of ids) t.match(id, /^\S{16,}$/)
})

t.test('the form contains the type and the assertion (section 2.2)', async (t) => {
  const assertion = await signAssertion(byRsa, ISSUER, NOW)
  const { form, headers, secret } = privateKeyJwt(assertion)
  t.same([...new URLSearchParams(`token=x${form}`)], [
    ['token', 'x'],
    ['client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'],
    ['client_assertion', assertion]
  ])
  t.same(headers, {}, 'nothing in the header: one method of authentication a request')
  t.equal(secret, '', 'there is no secret beside the form')
})
