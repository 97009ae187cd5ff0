import t from 'tap'
import { randomUUID } from 'node:crypto'
import { startStandIn, type StandIn } from '../../lib/testing/index.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { startConnectedApp, reason, type TestApp } from '../fixtures/test-app.ts'
import type { TestContext } from '../fixtures/guarded-app.ts'
import { send, startPeer } from '../fixtures/peer.ts'
import { anySignature, getAssertion, countedSigner, unverified, type CountedSigner } from '../fixtures/signer.ts'

interface Setup extends TestApp { clock: ManualClock, standIn: StandIn, signer: CountedSigner, unknown: () => Promise<string> }

/** A stand-in and an API that both go by the same clock, unless the API's is turned alone. */
async function setUp (t: TestContext, server?: () => number): Promise<Setup> {
  const clock = new ManualClock()
  const standIn = await startStandIn({ clock: server ?? clock.wall })
  t.teardown(() => standIn.close())
  const signer = countedSigner(standIn.api.key)
  const connected = await startConnectedApp(t, { issuer: standIn.issuer, credentials: signer.credentials }, clock)
  return { ...connected, clock, standIn, signer, unknown: async () => await connected.ask(randomUUID()) }
}

t.test('RFC 7523 section 3: an assertion names the client, the issuer and its time, backdated by 30 s', async (t) => {
  const { clock, standIn, signer, unknown } = await setUp(t)
  t.equal(await unknown(), 'inactive')
  const { clientId } = standIn.api
  const { jti, ...claims } = signer.signed[0]!
  const iat = clock.seconds - 30
  t.same(claims, { iss: clientId, sub: clientId, aud: [standIn.issuer], iat, exp: iat + 3600 })
  t.match(jti, /^[0-9a-f-]{36}$/)
})

t.test('one assertion is used for many introspections, simultaneous and later ones', async (t) => {
  const { standIn, signer, unknown } = await setUp(t)
  t.same(new Set(await Promise.all(Array.from({ length: 100 }, unknown))), new Set(['inactive']))
  for (let index = 0; index < 10; index++) await unknown()
  t.equal(standIn.requests.length, 110)
  t.equal(signer.signed.length, 1)
})

t.test('an assertion is replaced after 50 minutes', async (t) => {
  const { clock, signer, unknown } = await setUp(t)
  await unknown()
  clock.advance(50 * 60 - 0.001)
  t.equal(await unknown(), 'inactive')
  t.equal(signer.signed.length, 1)
  clock.advance(0.001)
  t.equal(await unknown(), 'inactive')
  t.equal(await unknown(), 'inactive')
  t.equal(signer.signed.length, 2)
})

t.test('an assertion is replaced if the wall clock was set back, or forward by an hour', async (t) => {
  const { clock, standIn, signer, unknown } = await setUp(t)
  await unknown()
  clock.jump(-600)
  t.equal(await unknown(), 'inactive')
  t.equal(signer.signed.length, 2)
  clock.jump(3600)
  t.equal(await unknown(), 'inactive')
  t.equal(signer.signed.length, 3)
  t.same(new Set(standIn.requests.map(({ status }) => status)), new Set([200]), 'and none was refused')
})

t.test('a rejected assertion is replaced once', async (t) => {
  const server = new ManualClock()
  const { standIn, signer, unknown } = await setUp(t, server.wall)
  await unknown()
  server.jump(3700)
  t.equal(await unknown(), 'FST_ZITADEL_CLIENT_REJECTED', 'by this clock no new one is younger')
  t.equal(standIn.requests.length, 3)
  t.equal(signer.signed.length, 2)
})

t.test('if a new assertion replaces a rejected one, no caller gets an error', async (t) => {
  const clock = new ManualClock()
  const { standIn, signer, unknown } = await setUp(t, () => clock.wall())
  await unknown()
  standIn.fail({ status: 400, body: '{"error":"unauthorized_client"}' }, { times: 1 })
  t.equal(await unknown(), 'inactive')
  t.equal(signer.signed.length, 2)
})

t.test('a rejected assertion is not used again', async (t) => {
  const clock = new ManualClock()
  const peer = await startPeer(t, ({ response, index }) => index < 2 ? send(response, 400, '{"error":"unauthorized_client"}') : { active: true })
  const { ask } = await startConnectedApp(t, { issuer: peer.origin, credentials: { ...unverified, sign: anySignature } }, clock)
  t.equal(await ask(), 'FST_ZITADEL_CLIENT_REJECTED')
  clock.advance(6)
  t.equal(await ask(), 'active')
  t.equal(new Set(peer.asked.map((asked) => getAssertion(asked).jti)).size, 3)
})

t.test('the rejection of an assertion that was never accepted does not mean that replays are rejected', async (t) => {
  const peer = await startPeer(t, ({ response, index }) => index < 1 ? send(response, 400, '{"error":"unauthorized_client"}') : { active: true })
  const { ask } = await startConnectedApp(t, { issuer: peer.origin, credentials: { ...unverified, sign: anySignature } })
  for (const token of ['a', 'b', 'c']) t.equal(await ask(token), 'active')
  const [refused, ...accepted] = peer.asked.map((asked) => getAssertion(asked).jti)
  t.equal(accepted.length, 3)
  t.same(new Set(accepted).size, 1)
  t.notOk(accepted.includes(refused))
})

t.test('an error that is not about the client causes no new assertion', async (t) => {
  const { standIn, signer, unknown } = await setUp(t)
  standIn.fail({ status: 400, body: '{"error":"invalid_request"}' }, { times: 1 })
  t.equal(await unknown(), 'FST_ZITADEL_CLIENT_REJECTED')
  standIn.fail('panic', { times: 1 })
  t.equal(await unknown(), 'FST_ZITADEL_UNAVAILABLE')
  t.equal(await unknown(), 'inactive')
  t.equal(signer.signed.length, 1)
})

t.test('a clock that is half a minute ahead is tolerated, and one that is a minute ahead is rejected and named', async (t) => {
  const server = new ManualClock()
  const tolerated = await setUp(t, server.wall)
  tolerated.clock.jump(28)
  t.equal(await tolerated.unknown(), 'inactive')

  const { clock, failure, ask } = await setUp(t, server.wall)
  clock.jump(60)
  const error = await failure()
  t.equal(error.code, 'FST_ZITADEL_CLIENT_REJECTED')
  t.match(reason(error), /this machine's clock is (59|60|61) s ahead of ZITADEL's/)
  clock.jump(-60)
  clock.advance(6)
  t.equal(await ask('any'), 'inactive', 'and all is well once it is set right')
})

t.test('a removed key causes one retry and one log line', async (t) => {
  const { standIn, signer, errors, unknown } = await setUp(t)
  await unknown()
  standIn.api.removeKey(standIn.api.key.keyId)
  t.equal(await unknown(), 'FST_ZITADEL_CLIENT_REJECTED')
  t.equal(signer.signed.length, 2)
  t.same(standIn.requests.map(({ status }) => status), [200, 400, 400])
  t.equal(errors.length, 1)
})

t.test('fifty simultaneous rejections open the circuit once', async (t) => {
  const { standIn, clock, unknown } = await setUp(t)
  standIn.api.deactivate()
  t.same(new Set(await Promise.all(Array.from({ length: 50 }, unknown))), new Set(['FST_ZITADEL_CLIENT_REJECTED']))
  const { length } = standIn.requests
  t.equal(await unknown(), 'FST_ZITADEL_CLIENT_REJECTED')
  t.equal(standIn.requests.length, length)
  standIn.api.activate()
  clock.advance(6)
  t.equal(await unknown(), 'inactive')
})
