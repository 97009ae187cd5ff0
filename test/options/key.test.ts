import t, { type Test } from 'tap'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { applicationKey, ec, pkcs1, pkcs8, rsa } from '../fixtures/keys.ts'
import { CANARY, VALID_OPTIONS, describeError, startError, start } from '../fixtures/registration.ts'

const SHAPE = /option "credentials.key" must be ZITADEL's JSON key of an API application/
const PEM = /option "credentials.key" must hold an unencrypted private key as PEM \(PKCS#1 or PKCS#8\)/
const KIND = /option "credentials.key" must hold an RSA key of at least 2048 bits or an EC key on P-256/

function pem (key: KeyObject, type: 'pkcs1' | 'pkcs8' | 'sec1' | 'spki' = 'pkcs8', cipher: object = {}): string {
  return key.export({ type: type as 'pkcs8', format: 'pem', ...cipher }).toString()
}

/** Whether an error holds a piece of a text, at any place where one could look: a line of a key is enough to break it. */
function quotes (error: Error, text: string): boolean {
  const all = describeError(error)
  return (text.match(/[A-Za-z0-9+/=_-]{12}/g) ?? []).some((piece) => all.includes(piece))
}

async function refuses (t: Test, key: unknown, expected: RegExp): Promise<void> {
  for (const given of [key, JSON.stringify(key), Buffer.from(JSON.stringify(key) ?? '').toString('base64')]) {
    const error = await startError(t, { ...VALID_OPTIONS, credentials: { key: given } })
    t.match(error.message, expected)
    t.equal(error.cause, undefined)
    t.notMatch(describeError(error), CANARY)
    t.notOk(quotes(error, JSON.stringify(key) ?? ''), 'no part of the key is told')
  }
}

t.test('keys of all forms that ZITADEL accepts start a server', async (t) => {
  for (const key of [pkcs1, pkcs8, pem(ec.privateKey), pem(ec.privateKey, 'sec1')]) {
    await t.resolves(start(t, { ...VALID_OPTIONS, credentials: { key: applicationKey({ key }) } }))
  }
})

t.test('a service account cannot introspect, and its key says whose it is', async (t) => {
  const key = { type: 'serviceaccount', keyId: CANARY, key: pkcs1, expirationDate: '9999-12-31T23:59:59Z', userId: CANARY }
  await refuses(t, key, /"credentials.key" is the key of a service account.*application of type API/)
})

t.test('each of keyId, key and clientId must be there', async (t) => {
  for (const name of ['keyId', 'key', 'clientId']) {
    for (const value of [undefined, null, '', '  ', 5, {}, [CANARY]]) await refuses(t, applicationKey({ [name]: value }), SHAPE)
  }
})

t.test('what is no object is no key', async (t) => {
  for (const key of [null, 5, true, [], [applicationKey()], CANARY, pkcs1]) await refuses(t, key, SHAPE)
})

t.test('text that is neither JSON nor base64 of it is no key, and its parser is not quoted', async (t) => {
  const json = JSON.stringify(applicationKey())
  const broken = [
    '', ' ', CANARY, pkcs1, `{${CANARY}`, `{"key":${CANARY}}`, json.slice(0, -2), `${json}${CANARY}`, json.replace(':', CANARY), `{"key": "${pkcs1}"}`,
    Buffer.from(json.slice(0, 500)).toString('base64'), Buffer.from(`{"key":${CANARY}}`).toString('base64'), 'bnVsbA==', '%%%'
  ]
  for (const key of broken) {
    const error = await startError(t, { ...VALID_OPTIONS, credentials: { key } })
    t.match(error.message, SHAPE)
    t.notMatch(describeError(error), CANARY)
    t.notOk(quotes(error, key))
  }
})

t.test('what is no private key in PEM is refused', async (t) => {
  const encrypted = { cipher: 'aes-256-cbc', passphrase: CANARY }
  const wrong = [
    CANARY, pkcs1.slice(0, 400), pkcs1.replace(/^M/m, '!'), pkcs1.split('\n')[1], pkcs1.replaceAll('\n', '\\n'),
    pem(rsa.publicKey, 'spki'), pem(rsa.publicKey, 'pkcs1'), pem(rsa.privateKey, 'pkcs8', encrypted), pem(rsa.privateKey, 'pkcs1', encrypted)
  ]
  for (const key of wrong) await refuses(t, applicationKey({ key }), PEM)
})

t.test('keys that ZITADEL does not accept are refused', async (t) => {
  const wrong = [
    pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey, 'pkcs1'),
    pem(generateKeyPairSync('rsa', { modulusLength: 2040 }).privateKey),
    pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey),
    pem(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey),
    pem(generateKeyPairSync('ed25519').privateKey),
    pem(generateKeyPairSync('x25519').privateKey),
    pem(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey)
  ]
  for (const key of wrong) await refuses(t, applicationKey({ key }), KIND)
})
