import t from 'tap'
import { createConfig } from '../../lib/options/config.ts'
import type { ZitadelOptions } from '../../lib/index.ts'
import { CANARY, VALID_OPTIONS, describeError, startError, start } from '../fixtures/registration.ts'

const noText = [null, 5, true, '', '  ', {}, [CANARY], () => CANARY]
const noFunction = [null, CANARY, 5, true, {}, [CANARY]]
const noSwitch = [null, 'true', CANARY, 0, 1, {}, []]
const noSeconds = [null, '30', CANARY, -1, NaN, Infinity, -Infinity, true, {}, []]

/** Name, what the message says of what was expected, and values that are not it. */
const WRONG: Array<[string, RegExp, unknown[]]> = [
  ['dispatcher', /undici/, [null, CANARY, 5, true, {}, { request: CANARY }, { fetch () {} }, () => CANARY]],
  ['cache', /false.*ttl, inactiveTtl, max/, [null, true, CANARY, 30, () => CANARY, [], [CANARY]]],
  ['cache.ttl', /seconds/, noSeconds],
  ['cache.inactiveTtl', /seconds/, noSeconds],
  ['cache.max', /whole number/, [...noSeconds, 0, 1.5, 1_000_001]],
  ['cache.maxBytes', /whole number of bytes/, [...noSeconds, 0, 1.5, 2 ** 53, '64mb']],
  ['cache.refreshAhead', /true or false/, noSwitch],
  ['cache.shared', /client, key, prefix/, [null, true, CANARY, 5, [], [CANARY]]],
  ['limits', /concurrent, queue, perSecond/, [null, true, CANARY, 5, [], () => CANARY]],
  ['limits.concurrent', /whole number/, [...noSeconds, 0, 1.5, 10_001]],
  ['limits.queue', /whole number/, [...noSeconds, 0.5, 1_000_001]],
  ['limits.perSecond', /at least 1/, [...noSeconds, 0, 0.9]],
  ['breaker', /true or false/, noSwitch],
  ['staleIfError', /seconds/, noSeconds],
  ['verifyOnStart', /true or false/, noSwitch],
  ['timeout', /milliseconds/, [...noSeconds, 0, 0.5, 1000.5, 2 ** 31, '3s']],
  ['retry', /true or false/, noSwitch],
  ['customScopes', /'roles' or 'scope'/, [null, CANARY, 'role', 'Scope', ['roles'], true, {}]],
  ['undeclaredRoutes', /'protected', 'public', 'refused'.*function/, [null, CANARY, 'private', true, false, {}, ['public']]],
  ['personalAccessTokens', /true or false/, noSwitch],
  ['publishSub', /true or false/, noSwitch],
  ['tokenFrom', /function/, noFunction],
  // eslint-disable-next-line no-sparse-arrays
  ['clients', /array/, [null, CANARY, 5, {}, [], [''], [' '], [CANARY, 5], [CANARY, undefined], [[CANARY]], new Set([CANARY]), [CANARY, , CANARY]]],
  ['projectId', /project/, noText],
  ['realm', /printable ASCII/, [...noText, `${CANARY}\r\nx: y`, `${CANARY}\n`, `${CANARY} é`, `${CANARY}\0`, `\t${CANARY}`]],
  ['introspect', /function/, noFunction],
  ['introspectionEndpoint', /path/, [...noText, CANARY, `https://auth.acme.example/${CANARY}`, `//${CANARY}`, `/${CANARY}?x`, `/${CANARY}#x`, `/${CANARY} x`, `/${CANARY}\n`, `/${CANARY}é`, ` /${CANARY}`]]
]

/** Options in which one has a value, by its path. */
function options (path: string, value: unknown): object {
  const [name, member] = path.split('.') as [string, string?]
  return { ...VALID_OPTIONS, [name]: member === undefined ? value : { [member]: value } }
}

for (const [path, expected, values] of WRONG) {
  t.test(`a wrong ${path} stops the start`, async (t) => {
    for (const value of values) {
      const error = await startError(t, options(path, value))
      t.ok(error.message.startsWith(`option "${path}" must be `), error.message)
      t.match(error.message, expected)
      t.equal(error.statusCode, 500)
      t.notMatch(describeError(error), CANARY, 'the message contains no part of the value')
    }
  })
}

t.test('the bounds themselves are accepted', async (t) => {
  const right: Array<[string, unknown[]]> = [
    ['cache', [false, {}]],
    ['cache.ttl', [0, 0.5, 86_400]],
    ['cache.inactiveTtl', [0, 0.5]],
    ['cache.max', [1, 1_000_000]],
    ['cache.maxBytes', [1, 2 ** 53 - 1]],
    ['limits.concurrent', [1, 10_000]],
    ['limits.queue', [0, 1, 1_000_000]],
    ['limits.perSecond', [1, 1.5, 1_000_000]],
    ['staleIfError', [0, 0.5, 86_400]],
    ['timeout', [1, 2 ** 31 - 1]],
    ['realm', ['orders', 'the "best" \\ orders']],
    ['clients', [['web'], ['web', 'mobile']]],
    ['introspectionEndpoint', ['/', '/custom/introspect', '/a;b=c,(d)/~e/%20']]
  ]
  for (const [path, values] of right) for (const value of values) t.doesNotThrow(() => createConfig(options(path, value), {}), path)
})

t.test('an option that is undefined was not given', async (t) => {
  const paths = WRONG.map(([path]) => path)
  for (const path of paths) await t.resolves(start(t, options(path, undefined)), path)
})

t.test('a path of a megabyte is checked like a short one', async (t) => {
  await t.resolves(start(t, options('introspectionEndpoint', `/${'a'.repeat(2 ** 20)}`)))
  t.match((await startError(t, options('introspectionEndpoint', `/${'a'.repeat(2 ** 20)}?`))).message, /introspectionEndpoint/)
})

/** Objects whose entries are no properties, so their options would be ignored without a notice. */
const noOptions = [new Map([['ttl', CANARY]]), Promise.resolve({ ttl: CANARY }), [CANARY], new Date(), new Set([CANARY])]

t.test('a promise, a Map or an array in place of an object of options stops the start', async (t) => {
  for (const value of noOptions) {
    for (const name of ['cache', 'limits']) t.match((await startError(t, options(name, value))).message, `option "${name}" must be `)
    t.throws(() => createConfig(value as ZitadelOptions, {}), { code: 'FST_ZITADEL_OPTION', message: /^the options must be an object: a promise must be awaited first/ })
  }
  await t.rejects(start(t, (() => undefined) as never), { message: /^the options must be an object/ })
})

t.test('options can be an instance of a class, a module or an object without a prototype', async (t) => {
  class Settings { readonly issuer = VALID_OPTIONS.issuer; readonly credentials = VALID_OPTIONS.credentials }
  const withoutPrototype = Object.assign(Object.create(null) as object, VALID_OPTIONS)
  const module: unknown = await import(`data:text/javascript,${encodeURIComponent(`export const issuer = '${VALID_OPTIONS.issuer}', credentials = { clientId: 'orders', clientSecret: 'secret' }`)}`)
  for (const given of [new Settings(), withoutPrototype, module]) t.equal(createConfig(given as ZitadelOptions, {}).issuer, VALID_OPTIONS.issuer)
})

t.test('an id with a line break, white space around it or in quotation marks stops the start, because it equals none of ZITADEL', async (t) => {
  const wrong: Array<[string, RegExp]> = [[`${CANARY}\n`, /must not contain a line break \(a file often ends with one\)$/], [` ${CANARY}`, /must not start or end with white space$/], [`"${CANARY}"`, /must not be in quotation marks$/]]
  for (const [id, expected] of wrong) {
    const key = id.replace(CANARY, CANARY.repeat(6))
    const given: Array<[string, object]> = [
      ['projectId', { projectId: id }], ['clients', { clients: ['web', id] }],
      ['events.signingKey', { events: { path: '/a', signingKey: key } }], ['events.signingKeys', { events: { path: '/a', signingKeys: [key] } }],
      ['events.instanceId', { events: { path: '/a', signingKey: 'k'.repeat(36), instanceId: id } }],
      ['backChannelLogout.clientId', { backChannelLogout: { path: '/a', clientId: id } }], ['backChannelLogout.clientId', { backChannelLogout: { path: '/a', clientId: ['web', id] } }]
    ]
    for (const [name, options] of given) {
      const error = await startError(t, { ...VALID_OPTIONS, ...options })
      t.ok(error.message.startsWith(`option "${name}" must be `), error.message)
      t.match(error.message, expected)
      t.notMatch(describeError(error), CANARY)
    }
  }
  for (const id of ['Ada Lovelace', '"', '1@orders']) t.doesNotThrow(() => createConfig({ ...VALID_OPTIONS, clients: [id], projectId: id }, {}))
})
