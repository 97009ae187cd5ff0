import t from 'tap'
import { systemClock } from '../../lib/introspector/clock.ts'
import { Bell, Doorbells } from '../../lib/introspector/shared-bell.ts'
import { Claims } from '../../lib/introspector/shared-claim.ts'
import { Commands } from '../../lib/introspector/shared-client.ts'
import { FleetKey } from '../../lib/introspector/shared-crypto.ts'
import { SharedEntry } from '../../lib/introspector/shared-entry.ts'
import { Tombstones } from '../../lib/introspector/shared-tombstones.ts'
import { ada, identity, join } from '../fixtures/fleet.ts'
import { connectClient, needsRedis, startRedis, startSpy } from '../fixtures/redis.ts'

const minutes = 10 * 60_000

t.test('a bell wakes who waits, and is not missed by who was elsewhere', async (t) => {
  const bell = new Bell()
  const waiting = bell.heard(minutes)
  bell.ring()
  await waiting
  bell.ring()
  bell.ring()
  await bell.heard(minutes)
  let isHeard = false
  const again = bell.heard(minutes).then(() => { isHeard = true })
  await new Promise(setImmediate)
  t.notOk(isHeard, 'it rings once for all who rang')
  bell.ring()
  await again
  await bell.heard(1)
})

t.test('a bell rings for whoever listens to that name, and nobody else', async (t) => {
  const doorbells = new Doorbells()
  doorbells.ring('a')
  const heard: string[] = []
  const listen = async (name: string, as: string): Promise<void> => await doorbells.listen(name, async (bell) => {
    await bell.heard(minutes)
    heard.push(as)
  })
  const all = [listen('a', 'first'), listen('a', 'second'), listen('b', 'third')]
  doorbells.ring('a')
  await Promise.all(all.slice(0, 2))
  t.same(heard, ['first', 'second'])
  doorbells.ring('b')
  await all[2]
  await t.rejects(doorbells.listen('a', async () => { throw new Error('work') }), { message: 'work' })
})

t.test('who waits for a peer is woken by it', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const seen: string[] = []
  const spy = await startSpy(t, port, seen)
  const commands = new Commands(await connectClient(t, port, 'ioredis'), 2000, systemClock, { warn: () => {} })
  const keys = [new FleetKey('k'.repeat(32), identity)]
  const tombstones = new Tombstones(commands, keys, 'test', 30_000, systemClock)
  const entry = new SharedEntry({ commands, tombstones, keys, prefix: 'test', ttl: 30_000, clock: systemClock }, 'token')
  const claims = new Claims(commands, 'released', minutes, minutes)
  t.equal(await claims.find(entry, Infinity), 'claimed')
  const waiting = claims.find(entry, Infinity)
  await commands.send('PING')
  await spy()
  entry.keep({ response: ada, askedAt: performance.now() })
  claims.release(entry)
  await spy()
  t.ok(seen.some((command) => command.toUpperCase() === `PUBLISH RELEASED ${entry.claim.toUpperCase()}`))
  claims.released(entry.claim)
  t.match(await waiting, { response: ada })
})

t.test('who waits finds the answer even where he is not told of it', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const [first, second] = [await join(t, port), await join(t, port, { wait: 25_000 })]
  await admin('ACL', 'SETUSER', 'default', '-publish')
  const answers = [first.ask('token', new Promise((resolve) => setTimeout(resolve, 20, ada))), second.ask('token', new Promise((resolve) => setTimeout(resolve, 20, ada)))]
  await Promise.all(answers)
  t.equal(first.asked() + second.asked(), 1)
})
