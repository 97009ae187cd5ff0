import t, { type Test } from 'tap'
import { getRegistration } from '../../lib/registration.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { fleetApp, type FleetApp } from '../fixtures/fleet-app.ts'
import { Gate, startPeer, type Peer } from '../fixtures/peer.ts'
import { needsRedis, startRedis } from '../fixtures/redis.ts'

const credentials = { clientId: 'api', clientSecret: 'a secret that every process has' }

interface World {
  readonly apps: readonly [FleetApp, FleetApp]
  readonly peer: Peer
  /** Seconds that have passed. */
  readonly now: () => number
  readonly pass: (seconds: number) => void
}

/**
 * Two processes that share responses. The subject of a token is the time at which ZITADEL was asked.
 *
 * @param apart seconds by which the clock of the second is ahead
 */
async function createWorld (t: Test, apart: number, respond?: (token: string, index: number) => Promise<object>): Promise<World> {
  const { port } = await startRedis(t)
  let now = 0
  const peer = await startPeer(t, async ({ form, index }) => await respond?.(form.get('token')!, index) ?? { active: true, sub: String(now) })
  const clocks = [new ManualClock(), new ManualClock()] as const
  clocks[1].jump((clocks[0].wall() - clocks[1].wall()) / 1000 + apart)
  const options = { issuer: peer.origin, credentials, retry: false, cache: { refreshAhead: false } }
  const start = async (clock: ManualClock): Promise<FleetApp> => await fleetApp(t, port, options, { wait: 20_000 }, clock)
  const pass = (seconds: number): void => {
    now = Math.round((now + seconds) * 1000) / 1000
    for (const clock of clocks) clock.advance(seconds)
  }
  const apps = [await start(clocks[0]), await start(clocks[1])] as const
  for (const { app } of apps) while (getRegistration(app.zitadel)!.readState().isSharedCacheHealthy !== true) await new Promise((resolve) => setTimeout(resolve, 5))
  // What was asked for until then may have been forgotten.
  for (const clock of clocks) clock.advance(0.001)
  return { apps, peer, now: () => now, pass }
}

const LIMITS = { '/': 30, '/recent': 10, '/last-second': 1 }

for (const apart of [0, 4.9, -4.9]) {
  t.test(`no process uses a response for longer than ttl and freshness permit, with clocks ${apart} s apart`, needsRedis, async (t) => {
    const { apps, peer, now, pass } = await createWorld(t, apart)
    // Repeatable, unlike Math.random.
    let seed = 7
    const random = (below: number): number => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed % below
    }
    let requests = 0
    const tooOld: string[] = []
    for (let step = 0; step < 250; step++) {
      pass([0.001, 0.5, 1, 3, 5, 9.9][random(6)]!)
      const url = (['/', '/', '/', '/recent', '/last-second'] as const)[random(5)]!
      const age = now() - Number(await apps[random(2)]!.sub(`token-${random(3)}`, url))
      requests++
      if (!(age < LIMITS[url])) tooOld.push(`${url} at ${now()}: ${age}`)
    }
    t.same(tooOld, [])
    t.ok(peer.asked.length < requests / 2, `${peer.asked.length} introspections`)
  })
}

t.test('a response from another process is asked for again when its ttl ends, not later', needsRedis, async (t) => {
  const { apps, peer, pass } = await createWorld(t, 0)
  t.equal(await apps[0].sub('token'), '0')
  pass(4)
  t.equal(await apps[1].sub('token'), '0')
  t.equal(await apps[1].sub('token', '/recent'), '0')
  t.equal(peer.asked.length, 1)
  t.equal(await apps[1].sub('token', '/last-second'), '4')
  pass(26)
  t.equal(await apps[0].sub('token'), '30')
})

t.test('a request does not join one that accepts an older response from another process', needsRedis, async (t) => {
  const gate = new Gate()
  const { apps, peer } = await createWorld(t, 0, async (_token, index) => {
    if (index === 0) await gate.opened
    return { active: true, sub: String(index) }
  })
  const first = apps[0].sub('token')
  await peer.waitFor(1)
  // It waits for the response of the first process.
  const waiting = apps[1].sub('token')
  await new Promise((resolve) => setTimeout(resolve, 50))
  t.equal(peer.asked.length, 1)
  t.equal(await apps[1].sub('token', '/last-second'), '1')
  gate.open()
  t.equal(await first, '0')
  t.match(await waiting, /^[01]$/, 'what is in Redis by then')
})

t.test('a response from another process does not bring back a token that is inactive by a later one', needsRedis, async (t) => {
  const gate = new Gate()
  const { apps, peer, pass } = await createWorld(t, 0, async (_token, index) => {
    if (index > 0) return { active: false }
    await gate.opened
    return { active: true, sub: 'late' }
  })
  const late = apps[0].sub('token')
  await peer.waitFor(1)
  pass(1)
  t.equal(await apps[1].sub('token', '/fresh'), '401')
  gate.open()
  t.equal(await late, 'late', 'it was active when ZITADEL was asked')
  t.equal(await apps[0].sub('token'), 'late')
  // The verdict has ended, and is still later than what the other process has shared.
  pass(7)
  t.equal(await apps[1].sub('token'), '401')
  t.equal(peer.asked.length, 3)
})
