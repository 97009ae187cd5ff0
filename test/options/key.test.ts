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

/** Whether an error contains a piece of a text anywhere. A line of a key is enough to break it. */
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
    t.notOk(quotes(error, JSON.stringify(key) ?? ''), 'no part of the key is in the message')
  }
}

t.test('keys of all forms that ZITADEL accepts are accepted', async (t) => {
  for (const key of [pkcs1, pkcs8, pem(ec.privateKey), pem(ec.privateKey, 'sec1')]) {
    await t.resolves(start(t, { ...VALID_OPTIONS, credentials: { key: applicationKey({ key }) } }))
  }
})

t.test('the key of a service account stops the start, because it cannot introspect', async (t) => {
  const key = { type: 'serviceaccount', keyId: CANARY, key: pkcs1, expirationDate: '9999-12-31T23:59:59Z', userId: CANARY }
  await refuses(t, key, /"credentials.key" is the key of a service account.*application of type API/)
})

t.test('keyId, key and clientId are required', async (t) => {
  for (const name of ['keyId', 'key', 'clientId']) {
    for (const value of [undefined, null, '', '  ', 5, {}, [CANARY]]) await refuses(t, applicationKey({ [name]: value }), SHAPE)
  }
})

t.test('a key that is not an object stops the start', async (t) => {
  for (const key of [null, 5, true, [], [applicationKey()], CANARY, pkcs1]) await refuses(t, key, SHAPE)
})

t.test('a text that is neither JSON nor base64 of JSON stops the start, and the message does not quote the parser', async (t) => {
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

t.test('the message names the probable kind of a text', async (t) => {
  const json = JSON.stringify(applicationKey())
  const seen: Array<[string, string]> = [
    ['', 'it is empty'], [`'${json}'`, 'it is in quotation marks'], [`"${json}"`, 'it is in quotation marks'], [JSON.stringify(json), 'it is in quotation marks'], [pkcs1, 'it is only the PEM'],
    [`/run/${CANARY}/key`, 'it looks like a path'], ['./key', 'it looks like a path'], [`~/${CANARY}`, 'it looks like a path'], [`C:\\${CANARY}`, 'it looks like a path'], [`file:///${CANARY}`, 'it looks like a path'], [`${CANARY}.json`, 'it looks like a path'],
    [json.replaceAll('\\n', '\n'), 'its PEM contains line breaks'], [json.replaceAll('\\n', '\r\n'), 'its PEM contains line breaks'], [json.slice(1), 'it is not valid JSON'], [Buffer.from(Buffer.from(json).toString('base64')).toString('base64'), 'it is not valid JSON']
  ]
  for (const [given, expected] of seen) {
    const error = await startError(t, { ...VALID_OPTIONS, credentials: { key: given } })
    t.match(error.message, SHAPE)
    t.ok(error.message.includes(`(${expected}`), `${expected}: ${error.message}`)
    t.notMatch(describeError(error), CANARY)
    t.notOk(quotes(error, given))
  }
  await refuses(t, applicationKey({ key: pkcs1.replaceAll('\n', '\\n') }), /escaped twice/)
  t.match((await startError(t, { ...VALID_OPTIONS, credentials: applicationKey() })).message, /looks like the key itself: give \{ key \}/)
})

t.test('the message names the probable mistake in a PEM', async (t) => {
  const encrypted = { cipher: 'aes-256-cbc', passphrase: CANARY }
  const seen: Array<[string, string]> = [
    [pem(rsa.privateKey, 'pkcs8', encrypted), 'it is encrypted'], [pem(rsa.privateKey, 'pkcs1', encrypted), 'it is encrypted'],
    [pem(rsa.publicKey, 'spki'), 'it is a public key'], [pem(rsa.publicKey, 'pkcs1'), 'it is a public key'],
    [pkcs1.replaceAll('\n', ' '), 'it has lost its line breaks'], [pkcs1.replaceAll('\n', ''), 'it has lost its line breaks'],
    [pkcs1.split('\n').map((line) => `  ${line}`).join('\n'), 'it does not start with -----BEGIN'], [pkcs8.split('\n').slice(1).join('\n'), 'it does not start with -----BEGIN']
  ]
  for (const [key, expected] of seen) await refuses(t, applicationKey({ key }), new RegExp(`\\(${expected}\\)$`))
  t.match((await startError(t, { ...VALID_OPTIONS, credentials: { key: applicationKey({ key: pkcs1.slice(0, 400) }) } })).message, /in its member key$/)
})

t.test('a Buffer or a promise in place of a key stops the start, and the message says what to give', async (t) => {
  const json = JSON.stringify(applicationKey())
  for (const [key, expected] of [[Buffer.from(json), /it is a Buffer: give its text, as readFileSync\(path, 'utf8'\) returns it/], [Promise.resolve(json), /it is a promise: await it/]] as const) {
    const error = await startError(t, { ...VALID_OPTIONS, credentials: { key } })
    t.match(error.message, SHAPE)
    t.match(error.message, expected)
    t.notOk(quotes(error, json))
  }
})

t.test('a byte order mark before the JSON is ignored, in base64 too', async (t) => {
  const json = `\uFEFF${JSON.stringify(applicationKey())}`
  for (const key of [json, Buffer.from(json).toString('base64')]) await t.resolves(start(t, { ...VALID_OPTIONS, credentials: { key } }))
})

t.test('the id of a client may contain the name of its project, in any letters', async (t) => {
  await t.resolves(start(t, { ...VALID_OPTIONS, credentials: { key: applicationKey({ clientId: '280000000000000101@\u00fcberweisungen_"eu"' }) } }))
})

t.test('ids that can only be a mistake stop the start, and the message names them', async (t) => {
  for (const member of ['clientId', 'keyId']) {
    for (const [id, expected] of [[`${CANARY}\n`, 'must not contain a line break'], [`${CANARY} 1`, 'must not contain a space'], [`"${CANARY}"`, 'must not be in quotation marks']]) {
      await refuses(t, applicationKey({ [member]: id }), new RegExp(`its member "${member}" ${expected}`))
    }
  }
})

t.test('a text that is not a private key in PEM stops the start', async (t) => {
  const encrypted = { cipher: 'aes-256-cbc', passphrase: CANARY }
  const wrong = [
    CANARY, pkcs1.slice(0, 400), pkcs1.replace(/^M/m, '!'), pkcs1.split('\n')[1], pkcs1.replaceAll('\n', '\\n'),
    pem(rsa.publicKey, 'spki'), pem(rsa.publicKey, 'pkcs1'), pem(rsa.privateKey, 'pkcs8', encrypted), pem(rsa.privateKey, 'pkcs1', encrypted)
  ]
  for (const key of wrong) await refuses(t, applicationKey({ key }), PEM)
})

t.test('keys that ZITADEL does not accept stop the start', async (t) => {
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
