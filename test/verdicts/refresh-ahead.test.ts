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

/** Until what went out by itself has come back. */
const settled = async (): Promise<void> => await new Promise((resolve) => setTimeout(resolve, 100))

t.test('a verdict that is used three times is asked for again after four fifths of its ttl, and nobody waits', async (t) => {
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
  t.equal(peer.asked.length, 2, 'once, however many come')
  gate.open()
  await settled()
  clock.advance(29)
  t.same(await get('token'), OK)
  await settled()
  t.equal(peer.asked.length, 2, 'its ttl begins when it was asked for again')
})

t.test('nor while somebody else asks already', async (t) => {
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

t.test('one that is used less often is not', async (t) => {
  const { clock, get, peer, use } = await world(t)
  await use('token', 2)
  clock.advance(25)
  t.same(await get('token'), OK)
  await settled()
  t.equal(peer.asked.length, 1)
  t.same(await get('token'), OK)
  await peer.waitFor(2)
})

t.test('nor one that is not active, has expired, or must not be refreshed', async (t) => {
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

t.test('when it fails, no caller notices until the ttl is over', async (t) => {
  const { clock, get, peer, use } = await world(t, ({ index, response }) => index === 0 ? { active: true } : send(response, 500, ''))
  await use('token', 4)
  clock.advance(24)
  t.same(await get('token'), OK)
  await peer.waitFor(2)
  await settled()
  await use('token', 10)
  await settled()
  t.equal(peer.asked.length, 2, 'and it is not tried again')
  clock.advance(5.999)
  t.same(await get('token'), OK)
  clock.advance(0.001)
  t.same(await get('token'), unavailable())
})

t.test('a token that is found inactive that way is refused from then on', async (t) => {
  const { clock, get, peer, use } = await world(t, ({ index }) => ({ active: index === 0 }))
  await use('token', 4)
  clock.advance(24)
  t.same(await get('token'), OK)
  await peer.waitFor(3)
  await settled()
  t.equal((await get('token')).status, 401)
})

t.test('eight are under way at most', async (t) => {
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

t.test('whoever comes after the ttl joins the question that is under way', async (t) => {
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

t.test('an answer that was forgotten on its way is not believed', async (t) => {
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
