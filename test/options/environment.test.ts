import t from 'tap'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startStandIn } from '../../lib/testing/index.ts'
import { CANARY, VALID_OPTIONS, describeError, startError, start, type Variables } from '../fixtures/registration.ts'

const ISSUER = { ZITADEL_ISSUER: 'https://auth.acme.example' }

t.test('without options, issuer and credentials come from the environment', async (t) => {
  const standIn = await startStandIn()
  t.teardown(async () => await standIn.close())
  const { key, clientId, clientSecret } = standIn.api
  const json = JSON.stringify(key)
  const keyFile = join(t.testdir(), 'key.json')
  await writeFile(keyFile, json)
  const environments: Variables[] = [
    { ZITADEL_KEY_FILE: keyFile },
    { ZITADEL_KEY: json },
    { ZITADEL_KEY: Buffer.from(json).toString('base64') },
    { ZITADEL_CLIENT_ID: clientId, ZITADEL_CLIENT_SECRET: clientSecret }
  ]
  for (const variables of environments) {
    const app = await start(t, {}, { ZITADEL_ISSUER: standIn.issuer, ...variables })
    t.same(await app.zitadel.check(), { ok: true }, Object.keys(variables).join())
  }
})

t.test('an option has priority over its variable, even if the variable is invalid', async (t) => {
  const standIn = await startStandIn()
  t.teardown(async () => await standIn.close())
  const wrong = { ZITADEL_ISSUER: 'nonsense', ZITADEL_KEY: 'nonsense', ZITADEL_KEY_FILE: '/nonsense', ZITADEL_CLIENT_ID: 'nonsense' }
  const app = await start(t, { issuer: standIn.issuer, credentials: standIn.credentials }, wrong)
  t.same(await app.zitadel.check(), { ok: true })
  const { key, clientId, clientSecret } = standIn.api
  const half = await start(t, { issuer: standIn.issuer }, { ZITADEL_ISSUER: 'nonsense', ZITADEL_KEY: JSON.stringify(key) })
  t.same(await half.zitadel.check(), { ok: true })
  const other = await start(t, { credentials: { clientId, clientSecret } }, { ZITADEL_ISSUER: standIn.issuer, ZITADEL_KEY: 'nonsense' })
  t.same(await other.zitadel.check(), { ok: true })
  t.match(standIn.requests.at(-1)?.headers['authorization'], /^Basic /)
})

t.test('an empty variable counts as not set', async (t) => {
  const empty = { ZITADEL_KEY_FILE: '', ZITADEL_KEY: '', ZITADEL_CLIENT_ID: '', ZITADEL_CLIENT_SECRET: '' }
  t.match((await startError(t, {}, { ...ISSUER, ...empty })).message, /option "credentials" is missing.*ZITADEL_KEY_FILE, ZITADEL_KEY, .*ZITADEL_CLIENT_ID .*ZITADEL_CLIENT_SECRET/)
  t.match((await startError(t, {}, { ...empty, ZITADEL_ISSUER: '' })).message, /"issuer".*missing/)
  await t.resolves(start(t, {}, { ...ISSUER, ...empty, ZITADEL_CLIENT_ID: 'orders', ZITADEL_CLIENT_SECRET: 'secret' }))
})

t.test('a missing configuration is reported, the issuer first', async (t) => {
  t.match((await startError(t, {})).message, /ZITADEL_ISSUER.*missing/)
  t.match((await startError(t, {}, ISSUER)).message, /"credentials" is missing[^;]+$/)
  t.match((await startError(t, {}, { ...ISSUER, ZITADEL_KEYFILE: 'key.json', ZITADEL_ADMIN_TOKEN: 'x', OTHER_ZITADEL_KEY: 'x' })).message, /"credentials" is missing.*; set, but not read: ZITADEL_KEYFILE$/)
  t.match((await startError(t, {}, { ZITADEL_URL: ISSUER.ZITADEL_ISSUER, ZITADEL_DOMAIN: 'x' })).message, /"issuer".* is missing.*; set, but not read: ZITADEL_URL, ZITADEL_DOMAIN$/)
})

t.test('the message names an invalid variable', async (t) => {
  const wrong: Array<[string, Variables]> = [
    ['ZITADEL_ISSUER', { ZITADEL_ISSUER: `http://${CANARY}.example`, ZITADEL_KEY: CANARY }],
    ['ZITADEL_ISSUER', { ZITADEL_ISSUER: ' ' }],
    ['ZITADEL_KEY', { ...ISSUER, ZITADEL_KEY: CANARY }],
    ['ZITADEL_KEY', { ...ISSUER, ZITADEL_KEY: `{"key":"${CANARY}"}` }],
    ['ZITADEL_KEY', { ...ISSUER, ZITADEL_KEY: ' ' }],
    ['ZITADEL_KEY_FILE', { ...ISSUER, ZITADEL_KEY_FILE: `/${CANARY}/key.json` }],
    ['ZITADEL_CLIENT_ID', { ...ISSUER, ZITADEL_CLIENT_ID: ' ', ZITADEL_CLIENT_SECRET: CANARY }],
    ['ZITADEL_CLIENT_SECRET', { ...ISSUER, ZITADEL_CLIENT_ID: CANARY, ZITADEL_CLIENT_SECRET: '\n' }],
    ['ZITADEL_CLIENT_SECRET', { ...ISSUER, ZITADEL_CLIENT_ID: CANARY }],
    ['ZITADEL_CLIENT_ID', { ...ISSUER, ZITADEL_CLIENT_SECRET: CANARY, ZITADEL_CLIENT_ID: '' }]
  ]
  for (const [name, variables] of wrong) {
    const error = await startError(t, {}, variables)
    t.ok(error.message.includes(`"${name}"`), error.message)
    t.notMatch(describeError(error), CANARY)
  }
})

t.test('credentials from two sources stop the start, because it is unclear which is meant', async (t) => {
  const key = { ZITADEL_KEY_FILE: `/${CANARY}/key.json` }
  const secret = { ZITADEL_CLIENT_ID: CANARY, ZITADEL_CLIENT_SECRET: CANARY }
  const standIn = await startStandIn()
  t.teardown(async () => await standIn.close())
  const json = { ZITADEL_KEY: JSON.stringify(standIn.api.key) }
  for (const several of [{ ...key, ...secret }, { ...json, ...secret }, { ...json, ...key }, { ...json, ...key, ...secret }]) {
    const error = await startError(t, {}, { ...ISSUER, ...several })
    t.match(error.message, /option "credentials" must come from only one of .*ZITADEL_KEY_FILE, ZITADEL_KEY/)
    t.notMatch(describeError(error), CANARY)
  }
  t.match((await startError(t, {}, { ...ISSUER, ...key, ZITADEL_CLIENT_ID: CANARY })).message, /together/)
})

t.test('other variables are ignored', async (t) => {
  await t.resolves(start(t, VALID_OPTIONS, { ZITADEL_MASTERKEY: CANARY, ZITADEL_PORT: '8080' }))
})
