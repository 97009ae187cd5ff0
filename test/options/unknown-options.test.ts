import t from 'tap'
import { CANARY, VALID_OPTIONS, describeError, startError, start } from '../fixtures/registration.ts'
import { suggestName } from '../../lib/options/suggest-name.ts'

const ELSEWHERE = ['refreshAhead', 'shared', 'perSecond', 'audiences']
const MISSPELT = ['Issuer', 'credential', 'realms', 'ttl', 'prefixes', 'client', 'introspection', '']
const INHERITED = ['constructor', 'toString', 'hasOwnProperty']

t.test('an unknown option stops the start, and the message has its name and the known ones', async (t) => {
  for (const name of [...ELSEWHERE, ...MISSPELT, ...INHERITED]) {
    const error = await startError(t, { ...VALID_OPTIONS, [name]: CANARY })
    t.ok(error.message.includes(`"${name}"`), name)
    t.match(error.message, /unknown.*issuer, credentials, /)
    t.notMatch(describeError(error), CANARY)
  }
})

t.test('a key of the config of a route is refused as an option, with its place', async (t) => {
  for (const name of ['roles', 'scopes', 'organization', 'freshness', 'mcp', 'access']) {
    t.match((await startError(t, { ...VALID_OPTIONS, [name]: CANARY })).message, `unknown option "${name}": it belongs into the config of a route, as in app.get(path, { config: { ${name}: ... } }, handler)`)
  }
  t.match((await startError(t, { ...VALID_OPTIONS, cache: { freshness: 1 } })).message, 'unknown option "cache.freshness": expected one of')
})

t.test('an unknown option stops the start although it is false or undefined', async (t) => {
  for (const value of [false, undefined, null]) t.match((await startError(t, { ...VALID_OPTIONS, breakers: value })).message, '"breakers"')
})

t.test('a __proto__ of parsed JSON is an option like any other', async (t) => {
  const options = JSON.parse('{ "__proto__": { "issuer": "https://evil.example" } }')
  t.match((await startError(t, options)).message, '"__proto__"')
})

t.test('an unknown option of the cache is named with its path', async (t) => {
  for (const name of ['share', 'refresh', 'TTL', 'maxAge', 'constructor']) {
    const error = await startError(t, { ...VALID_OPTIONS, cache: { [name]: CANARY } })
    t.ok(error.message.includes(`"cache.${name}"`), name)
    t.match(error.message, /unknown.*ttl, inactiveTtl, max/)
    t.notMatch(describeError(error), CANARY)
  }
})

t.test('an unknown option of the limits is named with its path', async (t) => {
  const error = await startError(t, { ...VALID_OPTIONS, limits: { perMinute: CANARY } })
  t.match(error.message, /unknown option "limits.perMinute".*concurrent, queue, perSecond/)
})

t.test('options of Fastify and its loaders are accepted', async (t) => {
  await t.resolves(start(t, { ...VALID_OPTIONS, prefix: '/v1', skipOverride: true, logLevel: 'warn', logSerializers: {} }))
})

t.test('the message suggests the option that was probably meant, with its path', async (t) => {
  for (const [given, meant] of [
    [{ isuer: CANARY }, 'issuer'], [{ Realm: CANARY }, 'realm'], [{ credential: CANARY }, 'credentials'], [{ projectid: CANARY }, 'projectId'],
    [{ ttl: 1 }, 'cache.ttl'], [{ refreshAhead: true }, 'cache.refreshAhead'], [{ perSecond: 5 }, 'limits.perSecond'], [{ clientSecret: CANARY }, 'credentials.clientSecret'], [{ keyFile: CANARY }, 'credentials.keyFile'],
    [{ cache: { TTL: 1 } }, 'cache.ttl'], [{ cache: { refreshahead: true } }, 'cache.refreshAhead'], [{ limits: { concurent: 1 } }, 'limits.concurrent']
  ] as const) {
    t.match((await startError(t, { ...VALID_OPTIONS, ...given })).message, new RegExp(`^unknown option "[\\w.]+", did you mean "${meant.replace('.', '\\.')}"\\? Expected one of \\w+, `), meant)
  }
  t.match((await startError(t, { ...VALID_OPTIONS, audiences: CANARY })).message, /^unknown option "audiences": expected one of issuer, /)
})

t.test('a name is suggested for other letter cases, a letter more or less, and two neighbouring letters swapped', async (t) => {
  const names = ['issuer', 'roles']
  for (const given of ['ISSUER', 'isssuer', 'issuerr', 'xissuer', 'ssuer', 'issue', 'isuer', 'sisuer', 'issure']) t.equal(suggestName(given, names), 'issuer', given)
  for (const given of ['', 'is', 'isxxer', 'issuxx', 'uessir', 'issuerxx', 'isseru', 'suer', 'xssuex']) t.equal(suggestName(given, names), undefined, given)
})
