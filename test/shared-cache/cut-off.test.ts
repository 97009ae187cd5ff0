import t from 'tap'
import { ada, join, open } from '../fixtures/fleet.ts'
import { connectClient, kinds, needsRedis, startRedis } from '../fixtures/redis.ts'
import { startRedisProxy } from '../fixtures/redis-proxy.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { SilenceTimer } from '../../lib/shared-cache/silence-timer.ts'
import { getCutOffAge } from '../../lib/shared-cache/cut-off-age.ts'

for (const kind of kinds) {
  t.test(`${kind}: a process that is cut off reports it again and again, until messages arrive`, needsRedis, async (t) => {
    const { port } = await startRedis(t)
    const proxy = await startRedisProxy(t, port)
    const member = await join(t, proxy.port, { kind, interval: 100, silence: 400, deadline: 50 })
    const other = await join(t, port)
    const count = (kind: string): number => member.kinds.filter((one) => one === kind).length
    proxy.reply = 'none'
    await member.hears(() => count('cut-off') >= 2)
    t.notOk(member.cache.isHealthy)
    t.equal(await other.cache.forget({ sub: ada['sub'] as string }), true, 'the others do not notice it')
    proxy.reply = undefined
    proxy.disconnect()
    while (!member.logged.some(({ reason }) => reason === 'RECEIVING')) await new Promise((resolve) => setTimeout(resolve, 5))
    t.ok(member.cache.isHealthy)
    const lines = member.logged.filter(({ code }) => code === 'FST_ZITADEL_SHARED_SUBSCRIPTION')
    t.match(lines, [{ reason: 'CUT_OFF', message: /for 0.4 s, no message .* up to 13 s$/ }, { reason: 'RECEIVING' }])
    t.equal(lines.length, 2)
  })
}

t.test('a second time for which a process is cut off has a line of its own, within a minute of the first', needsRedis, async (t) => {
  const { port, child } = await startRedis(t)
  const clock = new ManualClock()
  const member = await join(t, port, { interval: 100, silence: 400, deadline: 50, clock })
  const reasons = (): unknown[] => member.logged.filter(({ code }) => code === 'FST_ZITADEL_SHARED_SUBSCRIPTION').map(({ reason }) => reason)
  const waitFor = async (reason: string, count: number): Promise<void> => {
    while (reasons().filter((each) => each === reason).length < count) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  for (const count of [1, 2]) {
    child.kill('SIGSTOP')
    await waitFor('CUT_OFF', count)
    child.kill('SIGCONT')
    await waitFor('RECEIVING', count)
    // A process is cut off after five seconds without Redis.
    clock.advance(5)
  }
  t.same(reasons(), ['CUT_OFF', 'RECEIVING', 'CUT_OFF', 'RECEIVING'])
})

t.test('a process that Redis does not deliver to is not cut off: Redis can be asked', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  await admin('ACL', 'SETUSER', 'default', '-subscribe')
  const member = await open(t, await connectClient(t, port, 'ioredis'), { interval: 20, silence: 50 })
  // Before that, the client may still connect.
  await member.hears(() => member.kinds.includes('gap'))
  const { length } = member.kinds
  await member.hears(() => member.kinds.length > length + 10)
  t.same(new Set(member.kinds.slice(length)), new Set(['gap']))
})

t.test('a process that never had a connection is cut off', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const proxy = await startRedisProxy(t, port)
  const client = await connectClient(t, proxy.port, 'ioredis')
  proxy.reply = 'none'
  const member = await open(t, client, { interval: 20, silence: 100, deadline: 50 })
  await member.hears(() => member.kinds.includes('cut-off'))
  t.match(member.logged.filter(({ code }) => code === 'FST_ZITADEL_SHARED_SUBSCRIPTION'), [{ reason: 'CUT_OFF' }])
})

t.test('a cut-off process uses verdicts for twelve seconds, or half of ttl', async (t) => {
  t.equal(getCutOffAge(30), 12_000)
  t.equal(getCutOffAge(20), 10_000)
  t.equal(getCutOffAge(5), 2500)
})

t.test('a message that waits to be read ends the silence', async (t) => {
  let calls = 0
  let onSecond = (): void => {}
  const twice = new Promise<void>((resolve) => { onSecond = resolve })
  const timer = new SilenceTimer(20, () => { if (++calls === 2) onSecond() })
  // The timer fires first, because this process was busy.
  setTimeout(() => timer.reset(), 20)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 40)
  await new Promise((resolve) => setTimeout(resolve, 1))
  await new Promise(setImmediate)
  t.equal(calls, 0)
  // The timer alone does not keep the process alive.
  const keepAlive = setInterval(() => {}, 1000)
  await twice
  clearInterval(keepAlive)
  timer.close()
})

t.test('a closed timer calls nothing, although a check is due', async (t) => {
  let calls = 0
  const timer = new SilenceTimer(1, () => { calls++ })
  setTimeout(() => timer.close(), 1)
  // Both are due. The check comes after them.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
  await new Promise((resolve) => setTimeout(resolve, 20))
  t.equal(calls, 0)
})
