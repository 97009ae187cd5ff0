import t from 'tap'
import { systemClock } from '../../lib/clock.ts'
import { Notifier, KeyedNotifiers } from '../../lib/shared-cache/notifiers.ts'
import { Leases } from '../../lib/shared-cache/leases.ts'
import type { CommandConnection } from '../../lib/shared-cache/command-connection.ts'
import { RedisCommands } from '../../lib/shared-cache/redis-commands.ts'
import { SharedKey } from '../../lib/shared-cache/shared-key.ts'
import { SharedEntry } from '../../lib/shared-cache/entry.ts'
import type { IoredisClient, RedisLike } from '../../lib/options/shared-cache-options.ts'
import { SharedCacheLog } from '../../lib/shared-cache/shared-cache-log.ts'
import { Tombstones } from '../../lib/shared-cache/tombstones.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { Gate } from '../fixtures/peer.ts'
import { ada, identity, join } from '../fixtures/fleet.ts'
import { connectClient, needsRedis, startRedis, startSpy } from '../fixtures/redis.ts'

const minutes = 10 * 60_000

t.test('a notifier wakes its waiter, and a notification before the wait is not lost', async (t) => {
  const early = new Notifier()
  early.notify()
  await early.wait(minutes)
  const notifier = new Notifier()
  const waiting = notifier.wait(minutes)
  notifier.notify()
  await waiting
  notifier.notify()
  notifier.notify()
  await notifier.wait(minutes)
  let isWoken = false
  const again = notifier.wait(minutes).then(() => { isWoken = true })
  await new Promise(setImmediate)
  t.notOk(isWoken, 'several notifications end one wait')
  notifier.notify()
  await again
  await notifier.wait(1)
})

t.test('a notification reaches the waiters of its name, and no others', async (t) => {
  const notifiers = new KeyedNotifiers()
  notifiers.notify('a')
  const received: string[] = []
  const listen = async (name: string, as: string): Promise<void> => await notifiers.withNotifier(name, async (notifier) => {
    await notifier.wait(minutes)
    received.push(as)
  })
  const all = [listen('a', 'first'), listen('a', 'second'), listen('b', 'third')]
  notifiers.notify('a')
  await Promise.all(all.slice(0, 2))
  t.same(received, ['first', 'second'])
  notifiers.notify('b')
  await all[2]
  await t.rejects(notifiers.withNotifier('a', async () => { throw new Error('work') }), { message: 'work' })
})

t.test('a waiter that ends leaves the others of its name in place', async (t) => {
  const notifiers = new KeyedNotifiers()
  const gate = new Gate()
  const early = notifiers.withNotifier('a', async () => await gate.opened)
  const late = notifiers.withNotifier('a', async (notifier) => {
    await notifier.wait(minutes)
    return 'received'
  })
  gate.open()
  await early
  notifiers.notify('a')
  t.equal(await late, 'received')
})

t.test('a request for another token does not wait', needsRedis, async (t) => {
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

function createLeases (client: RedisLike): { readonly commands: RedisCommands, readonly entry: SharedEntry, readonly leases: Leases } {
  const log = new SharedCacheLog({ warn: () => {}, info: () => {} }, systemClock)
  const commands = new RedisCommands({ client, isCluster: false, toFailure: (error: unknown) => error } as CommandConnection, 2000, systemClock, log)
  const keys = [new SharedKey('k'.repeat(32), identity)]
  const tombstones = new Tombstones(commands, keys, 'test', 30_000, systemClock)
  const entry = new SharedEntry({ commands, tombstones, keys, prefix: 'test', ttl: 30_000, lifetime: 30_000, clock: systemClock }, 'token')
  return { commands, entry, leases: new Leases(commands, 'released', systemClock, log, { wait: minutes, pollInterval: minutes }) }
}

t.test('a waiting process is woken by the release of the lease', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const seen: string[] = []
  const spy = await startSpy(t, port, seen)
  const { entry, leases } = createLeases(await connectClient(t, port, 'ioredis'))
  t.equal(await leases.loadOrAcquire(entry, Infinity), 'acquired')
  const waiting = leases.loadOrAcquire(entry, Infinity)
  while (!seen.some((command) => command.includes(entry.waitingKey))) await spy()
  entry.store({ response: ada, askedAt: performance.now() })
  await leases.release(entry)
  await spy()
  t.ok(seen.some((command) => command.toUpperCase() === `PUBLISH RELEASED ${entry.leaseKey.toUpperCase()}`))
  leases.handleRelease(entry.leaseKey)
  t.match(await waiting, { response: ada })
})

t.test('a waiting process finds the response without the message', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const [first, second] = [await join(t, port), await join(t, port, { wait: 25_000 })]
  await admin('ACL', 'SETUSER', 'default', '-publish')
  const answers = [first.ask('token', new Promise((resolve) => setTimeout(resolve, 20, ada))), second.ask('token', new Promise((resolve) => setTimeout(resolve, 20, ada)))]
  await Promise.all(answers)
  t.equal(first.asked() + second.asked(), 1)
})

t.test('a response that is stored between the load and the lease is used, and the lease is released', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const client = await connectClient(t, port, 'ioredis') as IoredisClient
  const { entry } = createLeases(client)
  // The response of another process is stored right before the lease.
  const call: IoredisClient['call'] = async (command, ...args) => {
    if (args.includes('NX')) entry.store({ response: ada, askedAt: performance.now() })
    return await client.call(command, ...args)
  }
  const { leases, commands } = createLeases({ call, status: 'ready', duplicate: () => {}, on: () => {} })
  t.match(await leases.loadOrAcquire(entry, Infinity), { response: ada })
  await commands.send('PING')
  t.equal(await admin('EXISTS', entry.leaseKey), 0)
})

t.test('each message of a release wakes the waiting process', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const [first, second] = [await join(t, port, { wait: 60_000 }), await join(t, port, { wait: 60_000 })]
  const gate = new Gate()
  const asking = first.ask('token', gate.opened.then(() => ada))
  while (first.asked() === 0) await new Promise(setImmediate)
  const waiting = second.ask()
  const [lease] = await admin('KEYS', '*:claim') as string[]
  const [channel] = await admin('PUBSUB', 'CHANNELS', '*:released:*') as string[]
  const countChecks = async (): Promise<number> => Number((await admin('INFO', 'commandstats') as string).match(/cmdstat_exists:calls=(\d+)/)?.[1])
  // By polling alone, this would take too long.
  for (let count = 0; count < 150; count++) {
    const before = await countChecks()
    await admin('PUBLISH', channel!, lease!)
    while (await countChecks() === before) await new Promise(setImmediate)
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
  const holder = createLeases(client)
  t.equal(await holder.leases.loadOrAcquire(holder.entry, Infinity), 'acquired')
  // The lease is released between the attempt to acquire it and the mark.
  const call: IoredisClient['call'] = async (command, ...args) => {
    if (args[0]?.endsWith(':waiting') === true) await holder.leases.release(holder.entry)
    return await client.call(command, ...args)
  }
  const { leases, entry } = createLeases({ call, status: 'ready', duplicate: () => {}, on: () => {} })
  t.equal(await leases.loadOrAcquire(entry, Infinity), undefined)
})

t.test('a holder that is slower than others wait is logged, and the others do not wait for it again', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const member = await join(t, port, { key: 'k'.repeat(32), wait: 40 })
  const holder = await join(t, port, { key: 'k'.repeat(32), wait: 40 })
  const gate = new Gate()
  const slow = holder.ask('slow', gate.opened.then(() => ada))
  while (holder.asked() === 0) await new Promise(setImmediate)
  t.same((await member.ask('slow')).response, ada)
  t.match(member.logged, [{ code: 'FST_ZITADEL_SHARED_LEASE' }])
  gate.open()
  await slow
})

t.test('a lease that is not released delays one new token in ten seconds, not each', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const clock = new ManualClock()
  const key = 'k'.repeat(32)
  const member = await join(t, port, { clock, key, wait: 40 })
  const client = await connectClient(t, port, 'ioredis') as IoredisClient
  const names = new SharedKey(key, identity)
  const measure = async (token: string): Promise<number> => {
    await client.call('SET', `fastify-zitadel:entry:${names.entry(token).name}:claim`, '1')
    const start = performance.now()
    t.same((await member.ask(token)).response, ada)
    return performance.now() - start
  }
  t.ok(await measure('first') >= 40)
  const sent = async (): Promise<number> => Number((await client.call('INFO', 'commandstats') as string).match(/cmdstat_exists:calls=(\d+)/)?.[1])
  const before = await sent()
  for (let index = 0; index < 10; index++) await measure(`new ${index}`)
  t.equal(await sent() - before, 20, 'only the flag of tombstones is read, with each load')
  t.match(member.logged, [{ code: 'FST_ZITADEL_SHARED_LEASE', message: /no response after 40 ms. For 10 s/ }])
  t.equal(member.logged.length, 1)
  clock.advance(10)
  t.ok(await measure('later') >= 40)
  t.equal(member.logged.length, 1)
})
