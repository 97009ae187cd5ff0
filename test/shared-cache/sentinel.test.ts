import t from 'tap'
import { once } from 'node:events'
import type { RedisLike } from '../../lib/options/shared-cache-options.ts'
import type { OwnConnection } from '../../lib/shared-cache/own-connection.ts'
import { ada, open, type Member } from '../fixtures/fleet.ts'
import { connectThroughSentinel, startSentinel } from '../fixtures/redis-sentinel.ts'
import { createLeastUser, kinds, listDenied, needsRedis, spawnRedis } from '../fixtures/redis.ts'

// A test with a failover mostly waits. It runs in a process of its own, beside others.
t.setTimeout(60_000)

/** Resolves once a response that one process has got is used by the other. */
async function share (first: Member, second: Member, token: string): Promise<void> {
  for (let index = 0; ; index++) {
    await first.ask(`${token} ${index}`)
    const before = second.asked()
    await second.ask(`${token} ${index}`)
    if (second.asked() === before) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Holds the first subscription of a client until the master is dead. Resolves once its connection is open. */
async function holdSubscription (client: RedisLike, masterDied: Promise<unknown>): Promise<void> {
  const duplicate = (client.duplicate as () => OwnConnection).bind(client)
  return await new Promise((resolve) => {
    Object.assign(client, {
      duplicate () {
        Object.assign(client, { duplicate })
        const connection = duplicate()
        const subscribe = connection.subscribe.bind(connection) as (...args: unknown[]) => Promise<unknown>
        return Object.assign(connection, {
          async subscribe (...args: unknown[]) {
            resolve()
            await masterDied
            return await subscribe(...args)
          }
        })
      }
    })
  })
}

t.test('clients with sentinels share and forget, before and after a failover', { ...needsRedis, timeout: 60_000 }, async (t) => {
  const group = await startSentinel(t)
  const pairs = await Promise.all(kinds.map(async (kind) => {
    const join = async (): Promise<Member> => {
      const member = await open(t, await connectThroughSentinel(t, group, kind), { deadline: 500, prefix: `fastify-zitadel:${kind}` })
      await member.hears((target) => 'all' in target)
      return member
    }
    const [first, second] = await Promise.all([join(), join()])
    await share(first, second, 'before')
    return { kind, first, second }
  }))
  const masterDied = once(group.master.child, 'exit')
  const lateClient = await connectThroughSentinel(t, group, 'node-redis')
  const isHeld = holdSubscription(lateClient, masterDied)
  const late = await open(t, lateClient, { deadline: 500 })
  await isHeld
  group.master.child.kill('SIGKILL')
  await masterDied
  const start = performance.now()
  await Promise.all(pairs.map(async ({ kind, first, second }) => {
    await share(first, second, 'after')
    t.comment(`${kind}: shared again ${Math.round(performance.now() - start)} ms after the death of the master`)
    const count = (): number => second.received.filter((target) => 'sub' in target).length
    while (count() === 0) await first.cache.forget({ sub: ada['sub'] as string })
    while (!await first.cache.forget({ sub: ada['sub'] as string })) await new Promise((resolve) => setTimeout(resolve, 20))
    t.same((await second.ask('after 0', { active: false })).response, { active: false }, kind)
  }))
  // If its first subscription did not end, the process would not exit.
  await late.hears((target) => 'all' in target)
  t.same(await listDenied(group.replica.admin), [], 'the permissions are enough')
  t.same(await listDenied(group.sentinel), [], 'those of the sentinel are, too')
})

t.test('after an outage without a failover, connections of node-redis that have given up are replaced', { ...needsRedis, timeout: 60_000 }, async (t) => {
  const group = await startSentinel(t)
  await group.replica.admin('REPLICAOF', 'NO', 'ONE')
  await group.sentinel('SENTINEL', 'RESET', 'orders')
  let isAway = false
  let count = 0
  let onGivenUp = (): void => {}
  const givesUp = (): boolean => {
    if (isAway && ++count === 2) onGivenUp()
    return isAway
  }
  const join = async (): Promise<Member> => {
    const member = await open(t, await connectThroughSentinel(t, group, 'node-redis', givesUp), { deadline: 500 })
    await member.hears((target) => 'all' in target)
    return member
  }
  const [first, second] = await Promise.all([join(), join()])
  await share(first, second, 'before')
  isAway = true
  // Each member has a connection for commands. On a busy machine, the one for messages may have been replaced just now.
  const commandsGivenUp = new Promise<void>((resolve) => { onGivenUp = resolve })
  group.master.child.kill('SIGKILL')
  await Promise.all([once(group.master.child, 'exit'), commandsGivenUp])
  const restarted = spawnRedis(group.master.port)
  t.teardown(() => { restarted.kill('SIGKILL') })
  await group.master.admin(...createLeastUser('+info'))
  await share(first, second, 'after')
  while (!second.received.some((target) => 'sub' in target)) await first.cache.forget({ sub: ada['sub'] as string })
})
