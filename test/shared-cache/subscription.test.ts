import t from 'tap'
import { EventEmitter, once } from 'node:events'
import { ada, join, open, type Member } from '../fixtures/fleet.ts'
import { connectClient, kinds, needsRedis, spawnRedis, startRedis } from '../fixtures/redis.ts'

const sub = ada['sub'] as string
const isAll = (forgotten: object): boolean => 'all' in forgotten

/** A subscription that opens late receives later messages. */
async function forgetUntilReceived (other: Member, member: Member): Promise<void> {
  while (!member.received.some((forgotten) => 'sub' in forgotten)) {
    await other.cache.forget({ sub })
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

for (const kind of kinds) {
  t.test(`${kind}: a lost subscription causes a gap, and is opened again`, needsRedis, async (t) => {
    const { port, admin } = await startRedis(t)
    const [member, other] = [await join(t, port, { kind }), await join(t, port)]
    const times = (): number => member.received.filter(isAll).length
    const before = times()
    await admin('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await member.hears(() => times() > before)
    t.equal(await other.cache.forget({ sub }), true)
    await member.hears((forgotten) => 'sub' in forgotten)
  })

  t.test(`${kind}: messages are received again after a restart of Redis`, needsRedis, async (t) => {
    const { port, child } = await startRedis(t)
    const member = await join(t, port, { kind })
    const before = member.received.length
    child.kill('SIGKILL')
    await once(child, 'exit')
    const again = spawnRedis(port)
    t.teardown(() => { again.kill('SIGKILL') })
    await member.hears(() => member.received.length > before)
    const other = await join(t, port)
    t.equal(await other.cache.forget({ sub }), true)
    await member.hears((forgotten) => 'sub' in forgotten)
  })

  t.test(`${kind}: a connection without a subscription is logged and replaced`, needsRedis, async (t) => {
    const { port, admin } = await startRedis(t)
    await admin('ACL', 'SETUSER', 'default', '-subscribe')
    const member = await open(t, await connectClient(t, port, kind))
    await member.hears(() => member.received.filter(isAll).length > 2)
    t.match(member.logged, [{ code: 'FST_ZITADEL_SHARED_COMMAND', reason: 'NOPERM', command: 'SUBSCRIBE' }, { code: 'FST_ZITADEL_SHARED_SUBSCRIPTION', reason: 'NOT_DELIVERED' }])
    await admin('ACL', 'SETUSER', 'default', '+subscribe')
    const other = await join(t, port)
    await forgetUntilReceived(other, member)
  })

  t.test(`${kind}: a subscription that fails after a reconnect is logged`, needsRedis, async (t) => {
    const { port, admin } = await startRedis(t)
    const member = await join(t, port, { kind })
    await admin('ACL', 'SETUSER', 'default', '-subscribe')
    await admin('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await member.hears(() => member.received.filter(isAll).length > 2)
    // The process goes on. A client of node-redis handles the error itself, and tries to connect again.
    if (kind !== 'node-redis') t.match(member.logged.find(({ command }) => command === 'SUBSCRIBE'), { reason: 'NOPERM' })
    await admin('ACL', 'SETUSER', 'default', '+subscribe')
    const other = await join(t, port)
    await forgetUntilReceived(other, member)
    t.ok(member.received.some((forgotten) => 'sub' in forgotten))
  })

  t.test(`${kind}: a connection that its client does not open again is replaced`, needsRedis, async (t) => {
    const { port, admin } = await startRedis(t)
    const member = await open(t, await connectClient(t, port, kind, false))
    await member.hears(isAll)
    await admin('CLIENT', 'KILL', 'TYPE', 'pubsub')
    const other = await join(t, port)
    await forgetUntilReceived(other, member)
    await member.cache.close()
  })
}

t.test('while heartbeats arrive, there is no gap', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const [member, other] = [await join(t, port, { interval: 200 }), await join(t, port, { interval: 600_000 })]
  const countHeartbeats = async (): Promise<number> => Number((await admin('INFO', 'commandstats') as string).match(/cmdstat_publish:calls=(\d+)/)?.[1])
  const before = await countHeartbeats()
  while (await countHeartbeats() < before + 3) await new Promise((resolve) => setTimeout(resolve, 10))
  t.equal(await other.cache.forget({ sub }), true)
  await member.hears((forgotten) => 'sub' in forgotten)
  t.same(member.received, [{ all: true }, { sub }])
})

t.test('a check that is due when the subscription is closed opens no connection', async (t) => {
  let connections = 0
  const duplicate = (): object => {
    connections++
    return Object.assign(new EventEmitter(), { connect: async () => await new Promise(() => {}), disconnect: () => {} })
  }
  const member = await open(t, Object.assign(new EventEmitter(), { isReady: false, sendCommand: async () => {}, duplicate }), { interval: 1 })
  setTimeout(() => member.cache.close(), 1)
  // Both timers are due, in this order. The check itself comes after them.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
  await new Promise((resolve) => setTimeout(resolve, 20))
  t.equal(connections, 2, 'one for commands, and one for messages')
})
