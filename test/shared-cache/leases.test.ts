import t from 'tap'
import { systemClock } from '../../lib/clock.ts'
import { Notifier, KeyedNotifiers } from '../../lib/shared-cache/notifiers.ts'
import { Leases } from '../../lib/shared-cache/leases.ts'
import { RedisCommands } from '../../lib/shared-cache/redis-commands.ts'
import { SharedKey } from '../../lib/shared-cache/shared-key.ts'
import { SharedEntry } from '../../lib/shared-cache/entry.ts'
import type { IoredisClient, RedisLike } from '../../lib/options/shared-cache-options.ts'
import { Tombstones } from '../../lib/shared-cache/tombstones.ts'
import { Gate } from '../fixtures/peer.ts'
import { ada, identity, join } from '../fixtures/fleet.ts'
import { connectClient, needsRedis, startRedis, startSpy } from '../fixtures/redis.ts'

const minutes = 10 * 60_000

t.test('a bell wakes who waits, and is not missed by who was elsewhere', async (t) => {
  const bell = new Notifier()
  const waiting = bell.wait(minutes)
  bell.notify()
  await waiting
  bell.notify()
  bell.notify()
  await bell.wait(minutes)
  let isHeard = false
  const again = bell.wait(minutes).then(() => { isHeard = true })
  await new Promise(setImmediate)
  t.notOk(isHeard, 'it rings once for all who rang')
  bell.notify()
  await again
  await bell.wait(1)
})

t.test('a bell rings for whoever listens to that name, and nobody else', async (t) => {
  const doorbells = new KeyedNotifiers()
  doorbells.notify('a')
  const heard: string[] = []
  const listen = async (name: string, as: string): Promise<void> => await doorbells.withNotifier(name, async (bell) => {
    await bell.wait(minutes)
    heard.push(as)
  })
  const all = [listen('a', 'first'), listen('a', 'second'), listen('b', 'third')]
  doorbells.notify('a')
  await Promise.all(all.slice(0, 2))
  t.same(heard, ['first', 'second'])
  doorbells.notify('b')
  await all[2]
  await t.rejects(doorbells.withNotifier('a', async () => { throw new Error('work') }), { message: 'work' })
})

t.test('who leaves takes nobody else’s bell along', async (t) => {
  const doorbells = new KeyedNotifiers()
  const gate = new Gate()
  const early = doorbells.withNotifier('a', async () => await gate.opened)
  const late = doorbells.withNotifier('a', async (bell) => {
    await bell.wait(minutes)
    return 'heard'
  })
  gate.open()
  await early
  doorbells.notify('a')
  t.equal(await late, 'heard')
})

t.test('who asks for another token waits for nobody', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const [first, second] = [await join(t, port, { wait: 60_000 }), await join(t, port, { wait: 60_000 })]
  const gate = new Gate()
  const slow = first.ask('slow', gate.opened.then(() => ada))
  while (first.asked() === 0) await new Promise(setImmediate)
  t.same((await second.ask('other')).response, ada)
  t.equal(second.asked(), 1)
  gate.open()
  await slow
})

function claimsOn (client: RedisLike): { readonly commands: RedisCommands, readonly entry: SharedEntry, readonly claims: Leases } {
  const commands = new RedisCommands(client, 2000, systemClock, { warn: () => {} })
  const keys = [new SharedKey('k'.repeat(32), identity)]
  const tombstones = new Tombstones(commands, keys, 'test', 30_000, systemClock)
  const entry = new SharedEntry({ commands, tombstones, keys, prefix: 'test', ttl: 30_000, clock: systemClock }, 'token')
  return { commands, entry, claims: new Leases(commands, 'released', minutes, minutes) }
}

t.test('who waits for a peer is woken by it', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const seen: string[] = []
  const spy = await startSpy(t, port, seen)
  const { entry, claims } = claimsOn(await connectClient(t, port, 'ioredis'))
  t.equal(await claims.loadOrAcquire(entry, Infinity), 'claimed')
  const waiting = claims.loadOrAcquire(entry, Infinity)
  while (!seen.some((command) => command.includes(entry.waitingKey))) await spy()
  entry.store({ response: ada, askedAt: performance.now() })
  await claims.release(entry)
  await spy()
  t.ok(seen.some((command) => command.toUpperCase() === `PUBLISH RELEASED ${entry.leaseKey.toUpperCase()}`))
  claims.handleRelease(entry.leaseKey)
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

t.test('an answer that came between the look and the claim is taken, and nobody is kept waiting', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const client = await connectClient(t, port, 'ioredis') as IoredisClient
  const { entry } = claimsOn(client)
  // A peer's answer arrives right before the claim.
  const call: IoredisClient['call'] = async (command, ...args) => {
    if (args.includes('NX')) entry.store({ response: ada, askedAt: performance.now() })
    return await client.call(command, ...args)
  }
  const { claims, commands } = claimsOn({ call, status: 'ready', duplicate: () => {}, on: () => {} })
  t.match(await claims.loadOrAcquire(entry, Infinity), { response: ada })
  await commands.send('PING')
  t.equal(await admin('EXISTS', entry.leaseKey), 0)
})

t.test('a release is heard by every process that waits', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const [first, second] = [await join(t, port, { wait: 60_000 }), await join(t, port, { wait: 60_000 })]
  const gate = new Gate()
  const asking = first.ask('token', gate.opened.then(() => ada))
  while (first.asked() === 0) await new Promise(setImmediate)
  const waiting = second.ask()
  const [claim] = await admin('KEYS', '*:claim') as string[]
  const [channel] = await admin('PUBSUB', 'CHANNELS', '*:released:*') as string[]
  const looks = async (): Promise<number> => Number((await admin('INFO', 'commandstats') as string).match(/cmdstat_exists:calls=(\d+)/)?.[1])
  // Looked after without being told, this would take far longer than a test may.
  for (let ring = 0; ring < 150; ring++) {
    const before = await looks()
    await admin('PUBLISH', channel!, claim!)
    while (await looks() === before) await new Promise(setImmediate)
  }
  gate.open()
  await asking
  t.same((await waiting).response, ada)
  t.equal(second.asked(), 0)
})

t.test('a release is published only if another process waits', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const [first, second] = [await join(t, port, { wait: 60_000 }), await join(t, port, { wait: 60_000 })]
  const seen: string[] = []
  const spy = await startSpy(t, port, seen)
  const countReleases = async (): Promise<number> => {
    await first.settle()
    await spy()
    return seen.filter((command) => /^publish .*:released:/i.test(command)).length
  }
  await first.ask('alone')
  t.equal(await countReleases(), 0)
  const gate = new Gate()
  const asking = first.ask('shared', gate.opened.then(() => ada))
  while (first.asked() < 2) await new Promise(setImmediate)
  const waiting = second.ask('shared')
  while (!seen.some((command) => command.endsWith(':waiting 1 PX 60000'))) await spy()
  gate.open()
  await asking
  t.same((await waiting).response, ada)
  t.equal(second.asked(), 0)
  t.equal(await countReleases(), 1)
})

t.test('a process that begins to wait right after the release does not wait', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const client = await connectClient(t, port, 'ioredis') as IoredisClient
  const holder = claimsOn(client)
  t.equal(await holder.claims.loadOrAcquire(holder.entry, Infinity), 'claimed')
  // The lease is released between the attempt to acquire it and the mark.
  const call: IoredisClient['call'] = async (command, ...args) => {
    if (args[0]?.endsWith(':waiting') === true) await holder.claims.release(holder.entry)
    return await client.call(command, ...args)
  }
  const { claims, entry } = claimsOn({ call, status: 'ready', duplicate: () => {}, on: () => {} })
  t.equal(await claims.loadOrAcquire(entry, Infinity), undefined)
})
