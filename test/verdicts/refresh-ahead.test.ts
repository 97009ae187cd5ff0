import t from 'tap'
import type { ManualClock } from '../fixtures/clock.ts'
import { Gate, send, startPeer, type PeerRequest, type Peer, type Reply } from '../fixtures/peer.ts'
import type { TestContext } from '../fixtures/guarded-app.ts'
import { OK, basic, startTestApp, unavailable, type TestApp } from '../fixtures/test-app.ts'
import type { ZitadelOptions } from '../../lib/index.ts'

type World = TestApp<ManualClock> & { readonly peer: Peer, readonly use: (token: string, times?: number) => Promise<void> }

async function world (t: TestContext, answer: (asked: PeerRequest) => Reply | Promise<Reply> = () => ({ active: true }), options: ZitadelOptions = {}): Promise<World> {
  const peer = await startPeer(t, answer)
  const connected = await startTestApp(t, { issuer: peer.origin, credentials: basic, ...options })
  const use = async (token: string, times = 3): Promise<void> => {
    for (let time = 0; time < times; time++) await connected.get(token)
  }
  return { ...connected, peer, use }
}

/** Waits until refreshes in the background have ended. */
const settled = async (): Promise<void> => await new Promise((resolve) => setTimeout(resolve, 100))

t.test('a verdict that was used three times is refreshed after four fifths of its ttl, and no request waits', async (t) => {
  const gate = new Gate()
  const { clock, get, peer, use } = await world(t, async ({ index }) => {
    if (index === 1) await gate.opened
    return { active: true }
  })
  await use('token', 4)
  clock.advance(23.999)
  t.same(await get('token'), OK)
  await settled()
  t.equal(peer.asked.length, 1)
  clock.advance(0.001)
  t.same(await get('token'), OK)
  await peer.waitFor(2)
  await use('token', 10)
  t.equal(peer.asked.length, 2, 'once for all requests')
  gate.open()
  await settled()
  clock.advance(29)
  t.same(await get('token'), OK)
  await settled()
  t.equal(peer.asked.length, 2, 'its ttl counts from the refresh')
})

t.test('a verdict is not refreshed while an introspection of its token is pending', async (t) => {
  const gate = new Gate()
  const { clock, get, peer, use } = await world(t, async ({ index }) => {
    if (index === 1) await gate.opened
    return { active: true }
  })
  await use('token', 4)
  clock.advance(25)
  const fresh = get('token', '/fresh')
  await peer.waitFor(2)
  t.same(await get('token'), OK)
  await settled()
  t.equal(peer.asked.length, 2)
  gate.open()
  t.same(await fresh, OK)
})

t.test('a verdict that was used less often is not refreshed', async (t) => {
  const { clock, get, peer, use } = await world(t)
  await use('token', 2)
  clock.advance(25)
  t.same(await get('token'), OK)
  await settled()
  t.equal(peer.asked.length, 1)
  t.same(await get('token'), OK)
  await peer.waitFor(2)
})

t.test('a verdict is not refreshed if it is inactive, has expired, or refreshAhead is off', async (t) => {
  const inactive = await world(t, () => ({ active: false }), { cache: { ttl: 30, inactiveTtl: 30 } })
  await inactive.use('token')
  inactive.clock.advance(25)
  await inactive.use('token')
  await settled()
  t.equal(inactive.peer.asked.length, 1)

  const expired = await world(t, () => ({ active: true, exp: expired.clock.seconds + 25 }))
  await expired.use('token')
  expired.clock.advance(26)
  await expired.use('token')
  await settled()
  t.equal(expired.peer.asked.length, 1)

  const off = await world(t, undefined, { cache: { refreshAhead: false } })
  await off.use('token')
  off.clock.advance(25)
  await off.use('token')
  await settled()
  t.equal(off.peer.asked.length, 1)
})

t.test('if a refresh fails, the verdict is used until its ttl ends', async (t) => {
  const { clock, get, peer, use } = await world(t, ({ index, response }) => index === 0 ? { active: true } : send(response, 500, ''))
  await use('token', 4)
  clock.advance(24)
  t.same(await get('token'), OK)
  await peer.waitFor(2)
  await settled()
  await use('token', 10)
  await settled()
  t.equal(peer.asked.length, 2, 'the refresh is not tried again')
  clock.advance(5.999)
  t.same(await get('token'), OK)
  clock.advance(0.001)
  t.same(await get('token'), unavailable())
})

t.test('a token that is inactive at the refresh is denied from then on', async (t) => {
  const { clock, get, peer, use } = await world(t, ({ index }) => ({ active: index === 0 }))
  await use('token', 4)
  clock.advance(24)
  t.same(await get('token'), OK)
  await peer.waitFor(3)
  await settled()
  t.equal((await get('token')).status, 401)
})

t.test('at most eight refreshes are pending', async (t) => {
  const gate = new Gate()
  const { clock, peer, use } = await world(t, async ({ index }) => {
    if (index >= 20) await gate.opened
    return { active: true }
  })
  const tokens = Array.from({ length: 20 }, (_, index) => `token-${index}`)
  for (const token of tokens) await use(token, 4)
  clock.advance(24)
  for (const token of tokens) await use(token, 1)
  await peer.waitFor(28)
  await settled()
  t.equal(peer.asked.length, 28)
  gate.open()
  await settled()
  for (const token of tokens) await use(token, 1)
  await peer.waitFor(36)
})

t.test('a request after the ttl joins the pending refresh', async (t) => {
  const gate = new Gate()
  const { clock, get, peer, use } = await world(t, async ({ index }) => {
    if (index === 1) await gate.opened
    return { active: true }
  })
  await use('token', 4)
  clock.advance(24)
  await use('token', 1)
  await peer.waitFor(2)
  clock.advance(6)
  const waiting = get('token')
  gate.open()
  t.same(await waiting, OK)
  t.equal(peer.asked.length, 2)
})

t.test('if a token is forgotten during its refresh, the response is not used', async (t) => {
  const gate = new Gate()
  const { app, clock, get, peer, use } = await world(t, async ({ index }) => {
    if (index === 1) await gate.opened
    return { active: index < 2, sub: 'ada' }
  })
  await use('token', 4)
  clock.advance(24)
  await use('token', 1)
  await peer.waitFor(2)
  clock.advance(0.001)
  await app.zitadel.forget({ sub: 'ada' })
  clock.advance(0.001)
  gate.open()
  await peer.waitFor(3)
  await settled()
  t.equal((await get('token')).status, 401)
  t.equal(peer.asked.length, 3)
})
