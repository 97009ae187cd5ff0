import t from 'tap'
import { CANARY, complete, everythingOf, refusal, start } from '../fixtures/registration.ts'

const LATER = ['refreshAhead', 'circuit', 'resource', 'events', 'shared']
const MISSPELT = ['Issuer', 'credential', 'realms', 'ttl', 'prefix', 'client', 'introspection', '']
const INHERITED = ['constructor', 'toString', 'hasOwnProperty']

t.test('an option that is not known stops the start, with its name and those that are', async (t) => {
  for (const name of [...LATER, ...MISSPELT, ...INHERITED]) {
    const error = await refusal(t, { ...complete, [name]: CANARY })
    t.ok(error.message.includes(`"${name}"`), name)
    t.match(error.message, /unknown.*issuer, credentials, /)
    t.notMatch(everythingOf(error), CANARY)
  }
})

t.test('neither false nor undefined makes it known', async (t) => {
  for (const value of [false, undefined, null]) t.match((await refusal(t, { ...complete, circuit: value })).message, '"circuit"')
})

t.test('a __proto__ of parsed JSON is an option like any other', async (t) => {
  const options = JSON.parse('{ "__proto__": { "issuer": "https://evil.example" } }')
  t.match((await refusal(t, options)).message, '"__proto__"')
})

t.test('an option of the cache that is not known is told with the path to it', async (t) => {
  for (const name of ['shared', 'refresh', 'TTL', 'maxAge', 'constructor']) {
    const error = await refusal(t, { ...complete, cache: { [name]: CANARY } })
    t.ok(error.message.includes(`"cache.${name}"`), name)
    t.match(error.message, /unknown.*ttl, inactiveTtl, max/)
    t.notMatch(everythingOf(error), CANARY)
  }
})

t.test('what Fastify itself reads is left to Fastify', async (t) => {
  await t.resolves(start(t, { ...complete, logLevel: 'warn', logSerializers: {} }))
})
