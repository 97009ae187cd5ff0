import t from 'tap'
import { createBearerChallenge } from '../../lib/oauth/bearer.ts'
import { readChallenges } from '../fixtures/challenge.ts'

t.test('without an error, a challenge only requests credentials (section 3.1: no error code if none were sent)', async (t) => {
  t.equal(createBearerChallenge(), 'Bearer')
  t.same(await readChallenges(createBearerChallenge()), [{ scheme: 'bearer', parameters: {} }])
  t.same(await readChallenges(createBearerChallenge('orders')), [{ scheme: 'bearer', parameters: { realm: 'orders' } }])
})

t.test('each error can be parsed from its challenge', async (t) => {
  for (const error of ['invalid_request', 'invalid_token', 'insufficient_scope'] as const) {
    t.same(await readChallenges(createBearerChallenge(undefined, error)), [{ scheme: 'bearer', parameters: { error } }])
    t.same(await readChallenges(createBearerChallenge('orders', error)), [{ scheme: 'bearer', parameters: { realm: 'orders', error } }])
  }
})

t.test('scopes are one parameter, separated by spaces', async (t) => {
  const scopes = ['openid', 'urn:zitadel:iam:org:project:id:1:aud', 'a,b=c;(d)']
  t.same(await readChallenges(createBearerChallenge('orders', 'insufficient_scope', scopes)), [
    { scheme: 'bearer', parameters: { realm: 'orders', error: 'insufficient_scope', scope: scopes.join(' ') } }
  ])
})

t.test('a realm can be parsed from its challenge', async (t) => {
  const realms = [
    'the "best" orders', 'C:\\orders', '\\', '"', '\\"', '"\\', '\\\\', 'ends in \\', 'a, b=c', "it's", ' spaces ', '%22', '\\\\"\\""'
  ]
  for (const realm of realms) t.same(await readChallenges(createBearerChallenge(realm)), [{ scheme: 'bearer', parameters: { realm } }], realm)
})

t.test('a realm cannot add a parameter or a challenge', async (t) => {
  for (const realm of ['x", error="insufficient_scope', 'x\\", scope="admin', 'x" Basic realm="y']) {
    t.same(await readChallenges(createBearerChallenge(realm, 'invalid_token')), [{ scheme: 'bearer', parameters: { realm, error: 'invalid_token' } }])
  }
})

t.test('every quote of a long realm is escaped', async (t) => {
  const field = createBearerChallenge('"'.repeat(2 ** 20))
  t.equal(field, `Bearer realm="${'\\"'.repeat(2 ** 20)}"`)
})
