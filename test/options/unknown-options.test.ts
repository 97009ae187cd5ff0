import t from 'tap'
import { CANARY, VALID_OPTIONS, describeError, startError, start } from '../fixtures/registration.ts'

const ELSEWHERE = ['refreshAhead', 'shared', 'perSecond', 'resource', 'events']
const MISSPELT = ['Issuer', 'credential', 'realms', 'ttl', 'prefix', 'client', 'introspection', '']
const INHERITED = ['constructor', 'toString', 'hasOwnProperty']

t.test('an option that is not known stops the start, with its name and those that are', async (t) => {
  for (const name of [...ELSEWHERE, ...MISSPELT, ...INHERITED]) {
    const error = await startError(t, { ...VALID_OPTIONS, [name]: CANARY })
    t.ok(error.message.includes(`"${name}"`), name)
    t.match(error.message, /unknown.*issuer, credentials, /)
    t.notMatch(describeError(error), CANARY)
  }
})

t.test('neither false nor undefined makes it known', async (t) => {
  for (const value of [false, undefined, null]) t.match((await startError(t, { ...VALID_OPTIONS, breakers: value })).message, '"breakers"')
})

t.test('a __proto__ of parsed JSON is an option like any other', async (t) => {
  const options = JSON.parse('{ "__proto__": { "issuer": "https://evil.example" } }')
  t.match((await startError(t, options)).message, '"__proto__"')
})

t.test('an option of the cache that is not known is told with the path to it', async (t) => {
  for (const name of ['share', 'refresh', 'TTL', 'maxAge', 'constructor']) {
    const error = await startError(t, { ...VALID_OPTIONS, cache: { [name]: CANARY } })
    t.ok(error.message.includes(`"cache.${name}"`), name)
    t.match(error.message, /unknown.*ttl, inactiveTtl, max/)
    t.notMatch(describeError(error), CANARY)
  }
})

t.test('so is one of the limits', async (t) => {
  const error = await startError(t, { ...VALID_OPTIONS, limits: { perMinute: CANARY } })
  t.match(error.message, /unknown option "limits.perMinute".*concurrent, queue, perSecond/)
})

t.test('what Fastify itself reads is left to Fastify', async (t) => {
  await t.resolves(start(t, { ...VALID_OPTIONS, logLevel: 'warn', logSerializers: {} }))
})
