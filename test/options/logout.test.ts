import t from 'tap'
import { createConfig } from '../../lib/options/config.ts'
import { CANARY, VALID_OPTIONS, describeError, startError } from '../fixtures/registration.ts'

const path = '/logout'
const clientId = '1'

const WRONG: Array<[option: string, expected: RegExp, values: unknown[]]> = [
  ['backChannelLogout', /^option "backChannelLogout" must be an object/, [null, CANARY, [], true]],
  ['backChannelLogout.path', /^option "backChannelLogout.path" (must be|is missing: it must be) a path/, [undefined, null, 5, '', CANARY, '/a b', '/:id', '/*'].map((path) => ({ path, clientId }))],
  ['backChannelLogout.clientId', /^option "backChannelLogout.clientId" (must be|is missing: it must be) the client id/, [undefined, null, 5, '', ' ', [], [CANARY, ''], [5], Array(101).fill(CANARY)].map((clientId) => ({ path, clientId }))],
  ['backChannelLogout.client', /^unknown option "backChannelLogout.clientID", did you mean "backChannelLogout.clientId"/, [{ path, clientID: CANARY }]]
]

for (const [option, expected, values] of WRONG) {
  t.test(`a wrong ${option} stops the start (${expected.source})`, async (t) => {
    for (const backChannelLogout of values) {
      const error = await startError(t, { ...VALID_OPTIONS, backChannelLogout })
      t.match(error.message, expected)
      t.notMatch(describeError(error), new RegExp(CANARY), 'the message has nothing of the value')
    }
  })
}

t.test('without ZITADEL there are no keys', async (t) => {
  t.throws(() => createConfig({ introspect: () => ({}), backChannelLogout: { path, clientId } }, {}), { code: 'FST_ZITADEL_OPTION', message: /cannot be given together with "introspect"/ })
})

t.test('the option has one form for one client and for several', async (t) => {
  t.same(createConfig({ ...VALID_OPTIONS, backChannelLogout: { path, clientId } }, {}).backChannelLogout, { path, clientIds: ['1'] })
  t.same(createConfig({ ...VALID_OPTIONS, backChannelLogout: { path, clientId: ['1', '2'] } }, {}).backChannelLogout, { path, clientIds: ['1', '2'] })
})

t.test('the routes of events and of logouts have different paths', async (t) => {
  const events = { path, signingKey: 'k'.repeat(36) }
  t.match((await startError(t, { ...VALID_OPTIONS, events, backChannelLogout: { path, clientId } })).message, /^options "events.path" and "backChannelLogout.path" must be different paths$/)
  t.doesNotThrow(() => createConfig({ ...VALID_OPTIONS, events, backChannelLogout: { path: '/other', clientId } }, {}))
})
