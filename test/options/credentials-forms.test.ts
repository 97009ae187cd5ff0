import t, { type Test } from 'tap'
import { sign as cryptoSign } from 'node:crypto'
import { startStandIn, type StandIn } from '../../lib/testing/index.ts'
import { CANARY, VALID_OPTIONS, describeError, startError, start } from '../fixtures/registration.ts'

const FORMS = /option "credentials" must be exactly one of \{ keyFile \}, \{ key \}, \{ clientId, clientSecret \} or \{ clientId, keyId, alg, sign \}/
const sign = (): Uint8Array => new Uint8Array(64)
const signer = { clientId: 'orders', keyId: 'key-1', alg: 'RS256', sign }

async function started (t: Test): Promise<StandIn> {
  const standIn = await startStandIn()
  t.teardown(async () => await standIn.close())
  return standIn
}

t.test('a key authenticates by an assertion', async (t) => {
  const standIn = await started(t)
  const { key } = standIn.api
  for (const given of [key, JSON.stringify(key), Buffer.from(JSON.stringify(key)).toString('base64')]) {
    const app = await start(t, { issuer: standIn.issuer, credentials: { key: given } })
    t.same(await app.zitadel.check(), { ok: true })
    t.ok(standIn.requests.at(-1)?.body.has('client_assertion'))
    t.equal(standIn.requests.at(-1)?.headers['authorization'], undefined)
  }
})

t.test('id and secret authenticate by HTTP Basic', async (t) => {
  const standIn = await started(t)
  const { clientId, clientSecret } = standIn.api
  const app = await start(t, { issuer: standIn.issuer, credentials: { clientId, clientSecret, keyFile: undefined, key: undefined } })
  t.same(await app.zitadel.check(), { ok: true })
  t.match(standIn.requests.at(-1)?.headers['authorization'], /^Basic /)
  t.same([...standIn.requests.at(-1)?.body.keys() ?? []], ['token'])
})

t.test('an external signer authenticates by an assertion', async (t) => {
  const standIn = await started(t)
  const { clientId, keyId, key } = standIn.api.key
  const credentials = { clientId, keyId, alg: 'RS256', sign: async (data: Uint8Array) => cryptoSign('sha256', data, key) }
  const app = await start(t, { issuer: standIn.issuer, credentials })
  t.same(await app.zitadel.check(), { ok: true })
})

t.test('a signer is not called at the start', async (t) => {
  const app = await start(t, { ...VALID_OPTIONS, credentials: { ...signer, sign: () => { throw new Error('asked') } } })
  t.ok(app.hasDecorator('zitadel'))
})

t.test('credentials of no form, of half a form or of several forms stop the start', async (t) => {
  const wrong = [
    {}, [], [CANARY], { keyFile: undefined }, { [CANARY]: CANARY }, { clientId: CANARY }, { clientSecret: CANARY }, { clientId: CANARY, secret: CANARY },
    { keyFile: CANARY, key: CANARY }, { key: CANARY, clientId: CANARY, clientSecret: CANARY }, { keyFile: CANARY, extra: CANARY },
    { clientId: CANARY, clientSecret: CANARY, sign }, { clientId: CANARY, keyId: CANARY, sign }, { clientId: CANARY, alg: 'RS256', sign }, { ...signer, key: CANARY }
  ]
  for (const credentials of wrong) {
    const error = await startError(t, { ...VALID_OPTIONS, credentials })
    t.match(error.message, FORMS, JSON.stringify(credentials))
    t.notMatch(describeError(error), CANARY)
  }
})

t.test('credentials that are not an object stop the start', async (t) => {
  for (const credentials of [null, CANARY, 5, true, false, () => CANARY]) {
    const error = await startError(t, { ...VALID_OPTIONS, credentials })
    t.match(error.message, /option "credentials" must be an object: \{ keyFile \}, \{ key \}/)
    t.notMatch(describeError(error), CANARY)
  }
})

t.test('the message names a member that is not a string', async (t) => {
  const members: Array<[string, object]> = [
    ['keyFile', {}], ['clientId', { clientSecret: CANARY }], ['clientSecret', { clientId: CANARY }],
    ['clientId', { keyId: CANARY, alg: 'RS256', sign }], ['keyId', { clientId: CANARY, alg: 'RS256', sign }]
  ]
  for (const [name, others] of members) {
    for (const value of [null, '', '  ', 5, true, {}, [CANARY], Buffer.from(CANARY), `${CANARY}\uD800`]) {
      const error = await startError(t, { ...VALID_OPTIONS, credentials: { ...others, [name]: value } })
      t.match(error.message, `option "credentials.${name}" must be a non-empty string`)
      t.notMatch(describeError(error), CANARY)
    }
  }
})

t.test('a client id or secret that can only be a mistake stops the start', async (t) => {
  const wrong: Array<[string, RegExp]> = [
    [`${CANARY}\n`, /must not contain a line break/], [`${CANARY}\r\n`, /must not contain a line break/], [`${CANARY}\nb`, /must not contain a line break/], [` ${CANARY}`, /must not start or end with white space/], [`${CANARY}\t`, /must not start or end with white space/],
    [`"${CANARY}"`, /must not be in quotation marks/], [`'${CANARY}'`, /must not be in quotation marks/], [`${CANARY}é`, /must be printable ASCII/], [`${CANARY}\x07b`, /must be printable ASCII/], [`${CANARY}\tb`, /must be printable ASCII/]
  ]
  for (const [value, expected] of wrong) {
    const errors = [
      await startError(t, { ...VALID_OPTIONS, credentials: { clientId: 'orders', clientSecret: value } }),
      await startError(t, { ...VALID_OPTIONS, credentials: { clientId: value, clientSecret: 'secret' } }),
      await startError(t, { ...VALID_OPTIONS, credentials: { ...signer, keyId: value } }),
      await startError(t, { issuer: VALID_OPTIONS.issuer }, { ZITADEL_CLIENT_ID: 'orders', ZITADEL_CLIENT_SECRET: value })
    ]
    for (const [index, name] of ['"credentials.clientSecret"', '"credentials.clientId"', '"credentials.keyId"', '"ZITADEL_CLIENT_SECRET"'].entries()) {
      t.ok(errors[index]!.message.includes(name))
      t.match(errors[index]!.message, expected)
      t.notMatch(describeError(errors[index]!), CANARY)
    }
  }
  t.match((await startError(t, { ...VALID_OPTIONS, credentials: { clientId: `${CANARY} b`, clientSecret: 'secret' } })).message, /"credentials.clientId" must not contain a space/)
  for (const clientSecret of ['"', 'a b', 'it\'s', '"half', '!~']) await t.resolves(start(t, { ...VALID_OPTIONS, credentials: { clientId: '1@orders', clientSecret } }))
})

t.test('an algorithm that ZITADEL does not accept stops the start', async (t) => {
  for (const alg of ['RS256', 'PS256', 'ES256']) await t.resolves(start(t, { ...VALID_OPTIONS, credentials: { ...signer, alg } }))
  for (const alg of [null, '', CANARY, 'HS256', 'RS512', 'EdDSA', 'none', 'rs256', 5, ['RS256']]) {
    const error = await startError(t, { ...VALID_OPTIONS, credentials: { ...signer, alg } })
    t.match(error.message, /option "credentials.alg" must be one of RS256, PS256, ES256/)
    t.notMatch(describeError(error), CANARY)
  }
})

t.test('a signer that is not a function stops the start', async (t) => {
  for (const wrong of [null, CANARY, {}, Buffer.from(CANARY), true]) {
    const error = await startError(t, { ...VALID_OPTIONS, credentials: { ...signer, sign: wrong } })
    t.match(error.message, /option "credentials.sign" must be a function/)
    t.notMatch(describeError(error), CANARY)
  }
})
