import t from 'tap'
import { ManualClock } from '../fixtures/clock.ts'
import { basic, startConnectedApp, type TestApp } from '../fixtures/test-app.ts'
import type { TestContext } from '../fixtures/guarded-app.ts'
import { Gate, startPeer, type Peer } from '../fixtures/peer.ts'

interface OutOfOrder extends TestApp { peer: Peer, clock: ManualClock, older: Promise<number>, gate: Gate }

/** The first response is held back at a gate until a newer one has arrived. */
async function overtaking (t: TestContext, older: object, younger: object): Promise<OutOfOrder> {
  const gate = new Gate()
  const clock = new ManualClock()
  const peer = await startPeer(t, async ({ index }) => {
    if (index > 0) return younger
    await gate.opened
    return older
  })
  const connected = await startConnectedApp(t, { issuer: peer.origin, credentials: basic }, clock)
  const first = connected.status('/')
  await peer.waitFor(1)
  clock.advance(1)
  await connected.status('/fresh')
  return { ...connected, peer, clock, older: first, gate }
}

t.test('an older active response does not replace a newer inactive one', async (t) => {
  const { status, older, gate, peer } = await overtaking(t, { active: true }, { active: false })
  gate.open()
  t.equal(await older, 200, 'it was active when this was asked')
  t.equal(await status('/'), 401)
  t.equal(peer.asked.length, 2)
})

t.test('an older inactive response does not replace a newer active one', async (t) => {
  const { status, older, gate, peer } = await overtaking(t, { active: false }, { active: true })
  gate.open()
  t.equal(await older, 401)
  t.equal(await status('/'), 200)
  t.equal(peer.asked.length, 2)
})

t.test('a response is cached if there is no newer one', async (t) => {
  const { status, older, gate, clock, peer } = await overtaking(t, { active: false }, { active: true })
  gate.open()
  await older
  clock.advance(28.999)
  t.equal(await status('/'), 200)
  clock.advance(1.001)
  t.equal(await status('/'), 200)
  t.equal(peer.asked.length, 3, 'for its whole ttl, from the newer introspection request')
})

t.test('requests join the newer introspection, also after the older one has ended', async (t) => {
  const gates = [new Gate(), new Gate()]
  const peer = await startPeer(t, async ({ index }) => {
    await gates[index]!.opened
    return { active: index === 1 }
  })
  const { status } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic, cache: { inactiveTtl: 0 } })
  const older = status('/')
  await peer.waitFor(1)
  const younger = status('/fresh')
  await peer.waitFor(2)
  gates[0]!.open()
  t.equal(await older, 401)
  const joining = status('/')
  gates[1]!.open()
  t.equal(await younger, 200)
  t.equal(await joining, 200)
  t.equal(peer.asked.length, 2)
})
