import t from 'tap'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { jwtVerify } from 'jose'
import { signAssertion } from '../../lib/oauth/private-key-jwt.ts'
import { parseApplicationKey } from '../../lib/zitadel/application-key.ts'
import { applicationKey, ec, pkcs1, pkcs8, rsa } from '../fixtures/keys.ts'

const json = JSON.stringify(applicationKey())
const base64 = Buffer.from(json).toString('base64')

/** Whether the parsed key signs what the public key verifies. */
async function verifies (source: unknown, publicKey = rsa.publicKey): Promise<boolean> {
  const client = parseApplicationKey(source)
  const assertion = await signAssertion(client, 'https://auth.acme.example', Date.now())
  const { payload, protectedHeader } = await jwtVerify(assertion, publicKey)
  return payload.iss === client.clientId && protectedHeader.kid === client.keyId && protectedHeader.alg === client.alg
}

t.test('the key is accepted as an object, as its JSON and as base64 of the JSON', async (t) => {
  for (const source of [applicationKey(), json, `\uFEFF\n ${json}\n`, base64, `${base64}\n`, base64.replace(/.{76}/g, '$&\n'), Buffer.from(json).toString('base64url')]) {
    const { clientId, keyId, alg } = parseApplicationKey(source)
    t.same({ clientId, keyId, alg }, { clientId: '280000000000000101', keyId: '280000000000002001', alg: 'RS256' })
    t.ok(await verifies(source))
  }
})

t.test('PKCS#1, which ZITADEL writes, and PKCS#8 are read, with any line ends', async (t) => {
  for (const key of [pkcs1, pkcs8, pkcs1.replaceAll('\n', '\r\n')]) t.ok(await verifies(applicationKey({ key })))
})

t.test('larger RSA keys sign as RS256, EC keys on P-256 as ES256', async (t) => {
  const large = generateKeyPairSync('rsa', { modulusLength: 3072 })
  t.ok(await verifies(applicationKey({ key: large.privateKey.export({ type: 'pkcs1', format: 'pem' }) }), large.publicKey))
  for (const type of ['sec1', 'pkcs8'] as const) {
    const source = applicationKey({ key: ec.privateKey.export({ type, format: 'pem' }) })
    t.equal(parseApplicationKey(source).alg, 'ES256')
    t.ok(await verifies(source, ec.publicKey))
  }
})

t.test('an old key without type, and ids of the old form, are read', async (t) => {
  t.ok(await verifies(applicationKey({ type: undefined, appId: undefined, clientId: '202706398813946113@orders' })))
})

t.test('a parsed key is not printed by inspection or serialization', async (t) => {
  const client = parseApplicationKey(json)
  t.notMatch(JSON.stringify(client), 'PRIVATE')
  if (!('key' in client)) throw new Error('a key is held')
  t.equal(client.key.type, 'private')
  t.ok(createPublicKey(client.key).equals(rsa.publicKey))
})
