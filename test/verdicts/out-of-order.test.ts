import t from 'tap'
import { TurnableClock } from '../fixtures/clock.ts'
import { basic, connect, type Connected } from '../fixtures/connected-app.ts'
import type { Owner } from '../fixtures/guarded-app.ts'
import { Gate, startPeer, type Peer } from '../fixtures/peer.ts'

interface Overtaking extends Connected { peer: Peer, clock: TurnableClock, older: Promise<number>, gate: Gate }

/** The first answer is held back at a gate; a younger one has overtaken it. */
async function overtaking (t: Owner, older: object, younger: object): Promise<Overtaking> {
  const gate = new Gate()
  const clock = new TurnableClock()
  const peer = await startPeer(t, async ({ index }) => {
    if (index > 0) return younger
    await gate.opened
    return older
  })
  const connected = await connect(t, { issuer: peer.origin, credentials: basic }, clock)
  const first = connected.status('/')
  await peer.reached(1)
  clock.pass(1)
  await connected.status('/fresh')
  return { ...connected, peer, clock, older: first, gate }
}

t.test('an older answer does not undo a younger refusal', async (t) => {
  const { status, older, gate, peer } = await overtaking(t, { active: true }, { active: false })
  gate.open()
  t.equal(await older, 200, 'it was live when this was asked')
  t.equal(await status('/'), 401)
  t.equal(peer.asked.length, 2)
})

t.test('an older refusal does not undo a younger answer', async (t) => {
  const { status, older, gate, peer } = await overtaking(t, { active: false }, { active: true })
  gate.open()
  t.equal(await older, 401)
  t.equal(await status('/'), 200)
  t.equal(peer.asked.length, 2)
})

t.test('an answer that nothing younger has overtaken is kept', async (t) => {
  const { status, older, gate, clock, peer } = await overtaking(t, { active: false }, { active: true })
  gate.open()
  await older
  clock.pass(28.999)
  t.equal(await status('/'), 200)
  clock.pass(1.001)
  t.equal(await status('/'), 200)
  t.equal(peer.asked.length, 3, 'for its whole ttl, from when the younger was asked for')
})

t.test('questions join the younger introspection, and still do when the older has ended', async (t) => {
  const gates = [new Gate(), new Gate()]
  const peer = await startPeer(t, async ({ index }) => {
    await gates[index]!.opened
    return { active: index === 1 }
  })
  const { status } = await connect(t, { issuer: peer.origin, credentials: basic, cache: { inactiveTtl: 0 } })
  const older = status('/')
  await peer.reached(1)
  const younger = status('/fresh')
  await peer.reached(2)
  gates[0]!.open()
  t.equal(await older, 401)
  const joining = status('/')
  gates[1]!.open()
  t.equal(await younger, 200)
  t.equal(await joining, 200)
  t.equal(peer.asked.length, 2)
})
