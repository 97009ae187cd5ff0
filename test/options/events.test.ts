import t from 'tap'
import { createConfig } from '../../lib/options/config.ts'
import { CANARY, VALID_OPTIONS, describeError, startError } from '../fixtures/registration.ts'

const path = '/events'
const signingKey = 'k'.repeat(36)

const WRONG: Array<[option: string, expected: RegExp, values: unknown[]]> = [
  ['events', /^option "events" must be an object/, [null, CANARY, [], true]],
  ['events', /^option "events" must have exactly one of/, [{ path }, { path, signingKey, signingKeys: [signingKey] }]],
  ['events.path', /^option "events.path" (must be|is missing: it must be) a path/, [undefined, null, 5, '', CANARY, '//x?', `/${CANARY}?a`, '/a b', '/:id', '/*'].map((path) => ({ path, signingKey }))],
  ['events.signingKey', /^option "events.signingKey" must be a signing key/, [null, 5, '', CANARY, []].map((signingKey) => ({ path, signingKey }))],
  ['events.signingKeys', /^option "events.signingKeys" must be an array of 1 to 10 keys/, [null, signingKey, [], [CANARY], [signingKey, undefined], Array(11).fill(signingKey)].map((signingKeys) => ({ path, signingKeys }))],
  ['events.instanceId', /^option "events.instanceId" must be the id/, [null, 5, '', ' '].map((instanceId) => ({ path, signingKey, instanceId }))],
  ['events.key', /^unknown option "events.signingkey", did you mean "events.signingKey"/, [{ path, signingkey: signingKey }]]
]

for (const [option, expected, values] of WRONG) {
  t.test(`a wrong ${option} stops the start (${expected.source})`, async (t) => {
    for (const events of values) {
      const error = await startError(t, { ...VALID_OPTIONS, events })
      t.match(error.message, expected)
      t.notMatch(describeError(error), new RegExp(CANARY), 'the message has nothing of the value')
    }
  })
}

t.test('the option has one form for one key and for several', async (t) => {
  t.equal(createConfig(VALID_OPTIONS, {}).events, undefined)
  t.same(createConfig({ ...VALID_OPTIONS, events: { path, signingKey } }, {}).events, { path, signingKeys: [signingKey], instanceId: undefined })
  t.same(createConfig({ ...VALID_OPTIONS, events: { path, signingKeys: [signingKey], instanceId: '1' } }, {}).events, { path, signingKeys: [signingKey], instanceId: '1' })
})
