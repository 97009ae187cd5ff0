import t from 'tap'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { MAX_PENDING_FORGETS, PendingForgets, type PendingForget } from '../../lib/shared-cache/pending-forgets.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { ada, join, type Member } from '../fixtures/fleet.ts'
import { needsRedis, spawnRedis, startRedis } from '../fixtures/redis.ts'
import { startRedisProxy } from '../fixtures/redis-proxy.ts'

const sub = ada['sub'] as string
const isOfAda = (target: object): boolean => 'sub' in target && target.sub === sub

async function waitFor (isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await sleep(5)
}

const findLines = ({ logged }: Member): object[] => logged.filter(({ code }) => code === 'FST_ZITADEL_SHARED_FORGET')

for (const kind of ['ioredis', 'node-redis'] as const) {
  t.test(`${kind}: what a process forgets while only that process has lost Redis is sent when the connection is back`, needsRedis, async (t) => {
    const { port } = await startRedis(t)
    const proxy = await startRedisProxy(t, port)
    const [first, second] = [await join(t, proxy.port, { kind, deadline: 100 }), await join(t, port)]
    await second.ask()
    await second.settle()
    proxy.reply = 'close'
    proxy.disconnect()
    t.equal(await first.cache.forget({ sub }, 'doubt'), false)
    t.equal(await first.cache.forget({ token: 'token' }), false)
    t.equal(first.cache.pendingForgets, 2)
    t.notOk(second.received.some(isOfAda))
    proxy.reply = undefined
    await second.hears(isOfAda)
    await second.hears((target) => 'key' in target && target.jti === ada['jti'])
    t.same(second.kinds.slice(-2), ['doubt', 'forget'])
    await waitFor(() => first.cache.pendingForgets === 0)
    t.match(findLines(first), [{ message: /is sent again when Redis responds/ }, { reason: 'SENT', count: 2 }])
    await second.ask('token', { active: false })
    t.equal(second.asked(), 2, 'the tombstone is stored too')
  })
}

t.test('what is forgotten while Redis restarts is sent afterwards', needsRedis, async (t) => {
  const { port, child } = await startRedis(t)
  const [first, second] = [await join(t, port), await join(t, port)]
  child.kill('SIGKILL')
  await once(child, 'exit')
  const before = second.received.length
  t.equal(await first.cache.forget({ sub }), false)
  const again = spawnRedis(port)
  t.teardown(() => { again.kill('SIGKILL') })
  await waitFor(() => first.cache.pendingForgets === 0)
  // If it subscribes again after that, it reads the tombstone, because messages may have been lost.
  await waitFor(() => second.received.slice(before).some((target) => isOfAda(target) || 'all' in target))
  await second.ask('token')
  t.equal(second.asked(), 1)
  t.equal(await second.cache.isForgotten({ sub }, 0), true)
})

t.test('if only the tombstone was not stored, nothing is published until it is, and once then', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const [first, second] = [await join(t, port, { interval: 20 }), await join(t, port)]
  await first.ask()
  await first.settle()
  await admin('CONFIG', 'SET', 'min-replicas-to-write', '1')
  t.equal(await first.cache.forget({ sub }), false)
  await second.hears(isOfAda)
  await second.ask()
  t.equal(second.asked(), 0, 'the response in Redis is loaded again')
  await sleep(100)
  t.equal(second.received.filter(isOfAda).length, 1)
  t.equal(first.received.filter(isOfAda).length, 1, 'verdicts of this process are not dropped with each try')
  await admin('CONFIG', 'SET', 'min-replicas-to-write', '0')
  await waitFor(() => first.cache.pendingForgets === 0)
  await waitFor(() => second.received.filter(isOfAda).length === 2)
  t.equal(first.received.filter(isOfAda).length, 2)
  await second.ask()
  t.equal(second.asked(), 1)
})

t.test('if only the message was not published, the tombstone is stored once', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const [first, second] = [await join(t, port, { interval: 20 }), await join(t, port)]
  const countSets = async (): Promise<number> => Number((await admin('INFO', 'commandstats') as string).match(/cmdstat_set:calls=(\d+)/)?.[1])
  await admin('ACL', 'SETUSER', 'default', '-publish')
  t.equal(await first.cache.forget({ sub }), false)
  const before = await countSets()
  await sleep(100)
  await admin('ACL', 'SETUSER', 'default', '+publish')
  await second.hears(isOfAda)
  t.equal(await countSets(), before)
  await waitFor(() => first.cache.pendingForgets === 0)
})

t.test('many forgets are sent once each, although the next heartbeat does not wait for them', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const proxy = await startRedisProxy(t, port)
  const [first, second] = [await join(t, proxy.port, { interval: 1 }), await join(t, port)]
  proxy.reply = 'close'
  proxy.disconnect()
  await Promise.all(Array.from({ length: 200 }, async (_, index) => { t.equal(await first.cache.forget({ sub: `user${index}` }), false) }))
  proxy.reply = undefined
  await waitFor(() => first.cache.pendingForgets === 0)
  await waitFor(() => second.received.filter((target) => 'sub' in target).length >= 200)
  // One that is tried too early is sent after the others.
  const subs = second.received.flatMap((target) => 'sub' in target ? [target.sub] : [])
  t.same(subs.sort(), Array.from({ length: 200 }, (_, index) => `user${index}`).sort())
})

t.test('what no verdict can depend on any more is not sent', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const proxy = await startRedisProxy(t, port)
  const clock = new ManualClock()
  const [first, second] = [await join(t, proxy.port, { clock, ttl: 30 }), await join(t, port)]
  proxy.reply = 'close'
  proxy.disconnect()
  await first.cache.forget({ sub })
  clock.advance(40)
  await first.cache.forget({ sub: 'later' })
  proxy.reply = undefined
  await second.hears((target) => 'sub' in target)
  t.notOk(second.received.some(isOfAda))
})

function create (what: PendingForget['what'], changes: Partial<PendingForget> = {}): PendingForget {
  return { what, kind: 'doubt', target: { sub }, isStored: false, isPublished: false, until: 10, ...changes }
}

t.test('a target is sent once, and a forget within a doubt stays a forget', async (t) => {
  const states = [{ kind: 'forget', isStored: true, isPublished: false, until: 5 }, { kind: 'doubt', isStored: false, isPublished: true, until: 9 }] as const
  for (const [one, other] of [states, states.toReversed()] as [typeof states[number], typeof states[number]][]) {
    const pending = new PendingForgets()
    for (const what of [{ sub }, { token: 'token' }, { jti: sub }, { session: sub }]) {
      pending.add(create(what, one))
      pending.add(create(what, other))
    }
    t.equal(pending.size, 4)
    t.match(pending.take(0), { what: { sub }, kind: 'forget', isStored: false, isPublished: false, until: 9 })
    t.match([pending.take(0), pending.take(0), pending.take(0), pending.take(0)], [{ what: { token: 'token' } }, { what: { jti: sub } }, { what: { session: sub } }, undefined])
  }
})

t.test('if there are too many forgets, everything is in doubt', async (t) => {
  const pending = new PendingForgets()
  for (let index = 0; index < MAX_PENDING_FORGETS; index++) pending.add(create({ sub: `user${index}` }))
  t.equal(pending.size, MAX_PENDING_FORGETS)
  pending.add(create({ sub: 'one more' }))
  t.equal(pending.size, 1)
  pending.add(create({ sub: 'another' }))
  pending.add(create({ all: true }))
  const all = create({ all: true }, { target: { all: true } })
  t.same(pending.take(0), all)
  t.equal(pending.take(0), undefined)
  pending.add(all)
  pending.add(create({ sub }))
  t.equal(pending.take(0), all, 'it is kept if it could not be sent')
  t.equal(pending.take(0), undefined)
})

t.test('a doubt of everything is kept for as long as the forgets that it replaces, and is sent again for each of them', async (t) => {
  const pending = new PendingForgets()
  const all = create({ all: true }, { target: { all: true }, isStored: true, isPublished: true })
  pending.add(all)
  pending.add(create({ sub }, { kind: 'forget', until: 20 }))
  t.equal(pending.take(15), all)
  t.match(all, { kind: 'doubt', isStored: false, isPublished: false, until: 20 })
})
