import t from 'tap'
import { identity, join } from '../fixtures/fleet.ts'
import { needsRedis, startRedis } from '../fixtures/redis.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { SharedKey } from '../../lib/shared-cache/shared-key.ts'

const key = 'k'.repeat(32)

for (const [way, isEarly] of [['at its start', false], ['again and again', true]] as const) {
  const clockInterval = 5
  t.test(`a process sends its time ${way}: one that is far behind logs the difference once`, needsRedis, async (t) => {
    const { port } = await startRedis(t)
    const [clock, ahead] = [new ManualClock(), new ManualClock()]
    if (!isEarly) ahead.jump(20)
    const member = await join(t, port, { clock })
    const other = await join(t, port, { clock: ahead, clockInterval })
    if (isEarly) ahead.jump(20)
    while (member.logged.length === 0) await new Promise((resolve) => setTimeout(resolve, 2))
    await other.cache.forget({ sub: 'ada' })
    await member.hears((target) => 'sub' in target)
    t.match(member.logged, [{ code: 'FST_ZITADEL_SHARED_CLOCK', seconds: 20, message: /is 20 s ahead/ }])
    t.equal(member.logged.length, 1)
    t.same(other.logged, [], 'the other one cannot tell the past from a delay')
  })
}

t.test('a forget from a process whose clock is far ahead is logged too', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const [clock, ahead] = [new ManualClock(), new ManualClock()]
  const [member, other] = [await join(t, port, { clock }), await join(t, port, { clock: ahead })]
  await other.settle()
  ahead.jump(7)
  await other.cache.forget({ sub: 'ada' })
  await member.hears((target) => 'sub' in target)
  t.match(member.logged, [{ code: 'FST_ZITADEL_SHARED_CLOCK', seconds: 7 }])
})

t.test('clocks that differ by five seconds, and messages that are not sealed, are not logged', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const [clock, ahead] = [new ManualClock(), new ManualClock()]
  clock.jump((ahead.wall() - clock.wall()) / 1000)
  ahead.jump(5)
  const member = await join(t, port, { clock, key })
  const other = await join(t, port, { clock: ahead, key })
  const { channel, clocks, messages } = new SharedKey(key, identity)
  const text = JSON.stringify(['other', clock.wall() + 60_000])
  const tooLong = clocks.seal(JSON.stringify(['o'.repeat(16_384), clock.wall() + 60_000]))
  for (const noise of ['', 'A'.repeat(100), text, messages.seal(text), tooLong]) await admin('PUBLISH', `fastify-zitadel:clock:${channel}`, noise)
  await other.cache.forget({ sub: 'ada' })
  await member.hears((target) => 'sub' in target)
  t.same(member.logged, [])
  await admin('PUBLISH', `fastify-zitadel:clock:${channel}`, clocks.seal(text))
  while (member.logged.length === 0) await new Promise((resolve) => setTimeout(resolve, 2))
  t.match(member.logged, [{ seconds: 60 }])
})

t.test('one message is enough for all processes whose clocks agree', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const count = async (): Promise<number> => Number(/cmdstat_publish:calls=(\d+)/.exec(await admin('INFO', 'commandstats') as string)?.[1] ?? 0)
  // Their heartbeats are too seldom to be counted.
  const members = await Promise.all(Array.from({ length: 10 }, async () => await join(t, port, { clockInterval: 40, interval: 600_000 })))
  await admin('CONFIG', 'RESETSTAT')
  await new Promise((resolve) => setTimeout(resolve, 800))
  const published = await count()
  // Each for itself would have published 130 to 200 messages.
  t.ok(published > 2 && published < 80, `${published} messages`)
  t.same(members.flatMap(({ logged }) => logged), [])
})
