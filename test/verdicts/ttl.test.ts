import t from 'tap'
import { startStandIn } from '../../lib/testing/index.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { basic, startTestApp, type TestApp } from '../fixtures/test-app.ts'
import type { TestContext } from '../fixtures/guarded-app.ts'
import { startPeer, type Peer } from '../fixtures/peer.ts'

interface World extends TestApp<ManualClock> { peer: Peer }

/** A peer that says the same of every token, and an app with a clock to turn. */
async function world (t: TestContext, claims: (clock: ManualClock) => object, cache: object = {}): Promise<World> {
  const clock = new ManualClock()
  const response = claims(clock)
  const peer = await startPeer(t, () => response)
  return { peer, ...await startTestApp(t, { issuer: peer.origin, credentials: basic, cache }, clock) }
}

t.test('an active verdict is believed for its ttl, 30 s by default', async (t) => {
  const { ask, clock, peer } = await world(t, () => ({ active: true }))
  await ask()
  clock.advance(29.999)
  await ask()
  t.equal(peer.asked.length, 1)
  clock.advance(0.001)
  t.equal(await ask(), 'active')
  t.equal(peer.asked.length, 2)
})

t.test('an inactive verdict is believed for its own ttl, 5 s by default', async (t) => {
  const { status, clock, peer } = await world(t, () => ({ active: false }))
  t.equal(await status('/'), 401)
  clock.advance(4.999)
  t.equal(await status('/'), 401)
  t.equal(peer.asked.length, 1)
  clock.advance(0.001)
  t.equal(await status('/'), 401)
  t.equal(peer.asked.length, 2)
})

t.test('both are options, and may be 0', async (t) => {
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

t.test('a token that expires before its ttl ends with its exp, and nobody needs to be asked', async (t) => {
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

t.test('exp follows the wall clock, wherever it is set', async (t) => {
  const { status, clock, peer } = await world(t, ({ seconds }) => ({ active: true, exp: seconds + 60 }), { ttl: 1000 })
  t.equal(await status('/'), 200)
  clock.jump(61)
  t.equal(await status('/'), 401)
  clock.jump(-61)
  t.equal(await status('/'), 200, 'it was only our clock')
  clock.jump(-86_400)
  t.equal(await status('/'), 200)
  t.equal(peer.asked.length, 1)
})

t.test('ttl follows the time that passes, wherever the wall clock is set', async (t) => {
  const { ask, clock, peer } = await world(t, () => ({ active: true }))
  await ask()
  clock.jump(86_400)
  await ask()
  t.equal(peer.asked.length, 1, 'no verdict ends because the clock was set forward')
  clock.jump(-2 * 86_400)
  clock.advance(30)
  await ask()
  t.equal(peer.asked.length, 2, 'none lives longer because it was set back')
})

t.test('a token that has expired by our clock is not let in, whatever the server thinks', async (t) => {
  const { status, clock, peer } = await world(t, ({ seconds }) => ({ active: true, exp: seconds - 1 }))
  t.equal(await status('/'), 401)
  clock.advance(4)
  t.equal(await status('/'), 401)
  t.equal(peer.asked.length, 1, 'it is remembered as one that lets nobody in')
})

t.test('a token without exp lives as long as the server says', async (t) => {
  const { status, clock, peer } = await world(t, () => ({ active: true }))
  t.equal(await status('/'), 200)
  clock.advance(100 * 365 * 86_400)
  t.equal(await status('/'), 200)
  t.equal(peer.asked.length, 2)
})
