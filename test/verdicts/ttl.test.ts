import t from 'tap'
import { startStandIn } from '../../lib/testing/index.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { basic, startTestApp, type TestApp } from '../fixtures/test-app.ts'
import type { TestContext } from '../fixtures/guarded-app.ts'
import { startPeer, type Peer } from '../fixtures/peer.ts'

interface World extends TestApp<ManualClock> { peer: Peer }

/** A peer with one response for every token, and an app with a clock that the test sets. */
async function world (t: TestContext, claims: (clock: ManualClock) => object, cache: object = {}): Promise<World> {
  const clock = new ManualClock()
  const response = claims(clock)
  const peer = await startPeer(t, () => response)
  return { peer, ...await startTestApp(t, { issuer: peer.origin, credentials: basic, cache }, clock) }
}

t.test('an active verdict is used for cache.ttl, 30 s by default', async (t) => {
  const { ask, clock, peer } = await world(t, () => ({ active: true }))
  await ask()
  clock.advance(29.999)
  await ask()
  t.equal(peer.asked.length, 1)
  clock.advance(0.001)
  t.equal(await ask(), 'active')
  t.equal(peer.asked.length, 2)
})

t.test('an inactive verdict is used for cache.inactiveTtl, 5 s by default', async (t) => {
  const { status, clock, peer } = await world(t, () => ({ active: false }))
  t.equal(await status('/'), 401)
  clock.advance(4.999)
  t.equal(await status('/'), 401)
  t.equal(peer.asked.length, 1)
  clock.advance(0.001)
  t.equal(await status('/'), 401)
  t.equal(peer.asked.length, 2)
})

t.test('cache.ttl and cache.inactiveTtl can be set, also to 0', async (t) => {
  const active = await world(t, () => ({ active: true }), { ttl: 2 })
  await active.ask()
  active.clock.advance(2)
  await active.ask()
  t.equal(active.peer.asked.length, 2)

  const inactive = await world(t, () => ({ active: false }), { inactiveTtl: 0 })
  await inactive.ask()
  await inactive.ask()
  t.equal(inactive.peer.asked.length, 2)
})

t.test('a token that expires before the ttl ends is denied from its exp on, without an introspection', async (t) => {
  const clock = new ManualClock()
  const standIn = await startStandIn({ clock: clock.wall })
  t.teardown(() => standIn.close())
  const { status, ask } = await startTestApp(t, { issuer: standIn.issuer, credentials: standIn.credentials }, clock)
  const token = await standIn.issueToken({ lifetime: 20 })
  t.equal(await status('/', token), 200)
  clock.advance(18)
  t.equal(await status('/', token), 200)
  clock.advance(2)
  t.equal(await status('/', token), 401)
  t.equal(await ask(token), 'inactive')
  t.equal(standIn.requests.length, 1)
})

t.test('exp is compared with the wall clock, also after it was set', async (t) => {
  const { status, clock, peer } = await world(t, ({ seconds }) => ({ active: true, exp: seconds + 60 }), { ttl: 1000 })
  t.equal(await status('/'), 200)
  clock.jump(61)
  t.equal(await status('/'), 401)
  clock.jump(-61)
  t.equal(await status('/'), 200, 'only our clock had been wrong')
  clock.jump(-86_400)
  t.equal(await status('/'), 200)
  t.equal(peer.asked.length, 1)
})

t.test('the ttl counts elapsed time, also if the wall clock is set', async (t) => {
  const { ask, clock, peer } = await world(t, () => ({ active: true }))
  await ask()
  clock.jump(86_400)
  await ask()
  t.equal(peer.asked.length, 1, 'no verdict ends because the clock was set forward')
  clock.jump(-2 * 86_400)
  clock.advance(30)
  await ask()
  t.equal(peer.asked.length, 2, 'no verdict is used longer because the clock was set back')
})

t.test('a token that has expired by our clock is denied, although the server says that it is active', async (t) => {
  const { status, clock, peer } = await world(t, ({ seconds }) => ({ active: true, exp: seconds - 1 }))
  t.equal(await status('/'), 401)
  clock.advance(4)
  t.equal(await status('/'), 401)
  t.equal(peer.asked.length, 1, 'it is cached as a denied one')
})

t.test('a token without exp is active as long as the server says so', async (t) => {
  const { status, clock, peer } = await world(t, () => ({ active: true }))
  t.equal(await status('/'), 200)
  clock.advance(100 * 365 * 86_400)
  t.equal(await status('/'), 200)
  t.equal(peer.asked.length, 2)
})
