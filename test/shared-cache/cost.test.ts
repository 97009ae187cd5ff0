import t from 'tap'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { IoredisClient } from '../../lib/options/shared-cache-options.ts'
import { ada, join } from '../fixtures/fleet.ts'
import { Gate } from '../fixtures/peer.ts'
import { needsRedis, startRedis } from '../fixtures/redis.ts'

type Counts = Readonly<Record<string, number>>

// Plain JavaScript, because `npm run capacity` runs it uncompiled.
const { COMMANDS } = await import(pathToFileURL(resolve('bench/capacity/model.js')).href) as { COMMANDS: Record<string, Counts> }

t.test('each operation sends the commands of the capacity model to Redis', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  // Heartbeats would be counted, too.
  const [first, second] = [await join(t, port, { interval: 60_000 }), await join(t, port, { interval: 60_000 })]
  const count = async (work: () => Promise<unknown>): Promise<Counts> => {
    await admin('CONFIG', 'RESETSTAT')
    await work()
    // Not by `settle`, whose command is among those that are counted.
    for (const { client } of [first, second]) await (client as IoredisClient).call('PING')
    const text = await admin('INFO', 'commandstats') as string
    const calls = Array.from(text.matchAll(/^cmdstat_(getrange|exists|set|del|publish):calls=(\d+)/gm), ([, name, calls]) => [name!, Number(calls)] as const)
    return Object.fromEntries(calls)
  }
  t.same(await count(async () => await first.ask('token')), COMMANDS['introspection'])
  t.same(await count(async () => await second.ask('token')), COMMANDS['sharedHit'])
  const gate = new Gate()
  const both = await count(async () => {
    const asked = first.asked()
    const asking = first.ask('other', gate.opened.then(() => ada))
    while (first.asked() === asked) await new Promise(setImmediate)
    const waiting = second.ask('other')
    while ((await admin('KEYS', '*:waiting') as string[]).length === 0) await new Promise(setImmediate)
    gate.open()
    await Promise.all([asking, waiting])
  })
  for (const [name, calls] of Object.entries(COMMANDS['waiting']!)) t.equal(both[name]! - (COMMANDS['introspection']![name] ?? 0), calls, `${name} of a process that waits`)
  t.same(await count(async () => await second.cache.forget({ sub: 'someone else' })), COMMANDS['forget'])
  t.same(await count(async () => await second.ask('token')), COMMANDS['sharedHitWithTombstones'])
  await second.cache.forget({ sub: ada['sub'] as string })
  t.same(await count(async () => await first.ask('token')), COMMANDS['introspectionAfterForget'])
})
