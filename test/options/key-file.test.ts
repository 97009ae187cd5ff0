import t, { type Test } from 'tap'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startStandIn } from '../../lib/testing/index.ts'
import { applicationKey, pkcs1 } from '../fixtures/keys.ts'
import { CANARY, VALID_OPTIONS, describeError, inEnvironment, startError, start } from '../fixtures/registration.ts'

/** A file in a directory that goes with the test. */
async function file (t: Test, content: string): Promise<string> {
  const path = join(t.testdir(), `${CANARY}.json`)
  await writeFile(path, content)
  return path
}

/** The key file as an option, and as a variable. */
const GIVEN = [
  ['option "credentials.keyFile"', (keyFile: string) => ({ ...VALID_OPTIONS, credentials: { keyFile } }), () => ({})],
  ['the variable "ZITADEL_KEY_FILE"', () => ({ issuer: VALID_OPTIONS.issuer }), (keyFile: string) => ({ ZITADEL_KEY_FILE: keyFile })]
] as const

async function refuses (t: Test, path: string, expected: RegExp | string): Promise<void> {
  for (const [name, options, variables] of GIVEN) {
    const error = await startError(t, options(path), variables(path))
    t.ok(error.message.startsWith(`${name} `), error.message)
    t.match(error.message, expected)
    t.notMatch(describeError(error), CANARY, 'the message contains neither the path nor the content')
  }
}

t.test('the file contains the JSON key, or base64 of it', async (t) => {
  const json = JSON.stringify(applicationKey(), null, 2)
  for (const content of [json, `\uFEFF${json}\n`, Buffer.from(json).toString('base64')]) {
    await t.resolves(start(t, { ...VALID_OPTIONS, credentials: { keyFile: await file(t, content) } }))
  }
})

t.test('a file that cannot be read stops the start, and the message has the error code of the system', async (t) => {
  const directory = join(t.testdir(), CANARY)
  await mkdir(directory)
  await refuses(t, join(directory, 'missing.json'), /must name a readable file with ZITADEL's JSON key .*ENOENT/)
  await refuses(t, directory, 'EISDIR')
  await refuses(t, join(await file(t, '{}'), 'below-a-file.json'), 'ENOTDIR')
  const impossible = await startError(t, { ...VALID_OPTIONS, credentials: { keyFile: `${CANARY}\0` } })
  t.match(impossible.message, /option "credentials.keyFile" must name a readable file/)
  t.notMatch(describeError(impossible), CANARY)
})

t.test('the key itself in place of a path stops the start, and the message names the other option', async (t) => {
  for (const text of [`{"key":"${CANARY}"}`, ` {"key":"${CANARY}"}`]) await refuses(t, text, /must be a path, and holds the key itself: that belongs in "credentials.key" or ZITADEL_KEY$/)
})

t.test('the message names what is wrong with a path that names no file', async (t) => {
  const key = Buffer.from(JSON.stringify(applicationKey({ clientId: CANARY }), null, 2)).toString('base64')
  for (const [path, expected] of [
    [`"${CANARY}.json"`, /; it is in quotation marks: remove them$/], [`'${CANARY}.json'`, /; it is in quotation marks: remove them$/],
    [`${CANARY}.json\n`, /; it starts or ends with white space$/], [key, /; it seems to be the key itself, which belongs in "credentials.key" or ZITADEL_KEY$/],
    [`${CANARY}.json`, /~ is not expanded$/]
  ] as const) await refuses(t, path, expected)
})

t.test('a file without a key stops the start, and the message quotes nothing of it', async (t) => {
  const pem = { key: `-----BEGIN RSA PRIVATE KEY-----\n${CANARY}\n-----END RSA PRIVATE KEY-----\n` }
  const wrong: Array<[string, string]> = [
    ['', 'JSON key'], [CANARY, 'JSON key'], [pkcs1, 'JSON key'], [`{"key":"${CANARY}`, 'JSON key'], [`{"key":${CANARY}}`, 'JSON key'], ['[]', 'JSON key'],
    [JSON.stringify(applicationKey({ keyId: '' })), 'keyId'], [JSON.stringify(applicationKey(pem)), 'PEM'],
    [JSON.stringify(applicationKey({ type: 'serviceaccount', clientId: CANARY })), 'service account']
  ]
  for (const [content, expected] of wrong) await refuses(t, await file(t, content), expected)
})

t.test('the file is read at the start and at each reload', async (t) => {
  const standIn = await startStandIn()
  t.teardown(async () => await standIn.close())
  const { key } = standIn.api
  const keyFile = await file(t, JSON.stringify(key))
  const app = await start(t, { issuer: standIn.issuer, credentials: { keyFile } })
  const newer = await standIn.api.addKey()
  await writeFile(keyFile, JSON.stringify(newer))
  t.same(await app.zitadel.reload(), { ok: true })
  standIn.api.removeKey(key.keyId)
  t.same(await app.zitadel.check(), { ok: true })
})

t.test('a reload without a key fails, and the previous key stays in use', async (t) => {
  const standIn = await startStandIn()
  t.teardown(async () => await standIn.close())
  const keyFile = await file(t, JSON.stringify(standIn.api.key))
  const app = await start(t, {}, { ZITADEL_ISSUER: standIn.issuer, ZITADEL_KEY_FILE: keyFile })
  await rm(keyFile)
  const result = await inEnvironment({}, async () => await app.zitadel.reload())
  t.match(result, { ok: false, code: 'FST_ZITADEL_OPTION', reason: /ZITADEL_KEY_FILE.*ENOENT/ })
  t.notMatch(JSON.stringify(result), CANARY)
  t.not(await app.zitadel.introspect(await standIn.issueToken()), null)
})
