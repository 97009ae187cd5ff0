import t from 'tap'
import { once } from 'node:events'
import { ada, join, open, type Member } from '../fixtures/fleet.ts'
import { connectClient, kinds, needsRedis, spawnRedis, startRedis } from '../fixtures/redis.ts'

const sub = ada['sub'] as string
const isAll = (forgotten: object): boolean => 'all' in forgotten

/** Whoever subscribes late hears what is said later. */
async function forgetUntilHeard (other: Member, member: Member): Promise<void> {
  while (!member.heard.some((forgotten) => 'sub' in forgotten)) {
    await other.cache.forget({ sub })
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

for (const kind of kinds) {
  t.test(`${kind}: a lost subscription is noticed and made up for`, needsRedis, async (t) => {
    const { port, admin } = await startRedis(t)
    const [member, other] = [await join(t, port, { kind }), await join(t, port)]
    const times = (): number => member.heard.filter(isAll).length
    const before = times()
    await admin('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await member.hears(() => times() > before)
    t.equal(await other.cache.forget({ sub }), true)
    await member.hears((forgotten) => 'sub' in forgotten)
  })

  t.test(`${kind}: a server that was down for a while is listened to again`, needsRedis, async (t) => {
    const { port, child } = await startRedis(t)
    const member = await join(t, port, { kind })
    const before = member.heard.length
    child.kill('SIGKILL')
    await once(child, 'exit')
    const again = spawnRedis(port)
    t.teardown(() => { again.kill('SIGKILL') })
    await member.hears(() => member.heard.length > before)
    const other = await join(t, port)
    t.equal(await other.cache.forget({ sub }), true)
    await member.hears((forgotten) => 'sub' in forgotten)
  })

  t.test(`${kind}: a connection that is up and no longer subscribed is replaced`, needsRedis, async (t) => {
    const { port, admin } = await startRedis(t)
    await admin('ACL', 'SETUSER', 'default', '-subscribe')
    const member = await open(t, await connectClient(t, port, kind))
    await member.hears(() => member.heard.filter(isAll).length > 2)
    t.match(member.logged.filter(({ code }) => code === 'NO_SUBSCRIPTION'), [{ message: /does not arrive/ }])
    await admin('ACL', 'SETUSER', 'default', '+subscribe')
    const other = await join(t, port)
    await forgetUntilHeard(other, member)
  })

  t.test(`${kind}: a connection that its client has given up is replaced`, needsRedis, async (t) => {
    const { port, admin } = await startRedis(t)
    const member = await open(t, await connectClient(t, port, kind, false))
    await member.hears(isAll)
    await admin('CLIENT', 'KILL', 'TYPE', 'pubsub')
    const other = await join(t, port)
    await forgetUntilHeard(other, member)
    await member.cache.close()
  })
}

t.test('a subscription that listens is no news: what is believed stays so from beat to beat', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const [member, other] = [await join(t, port, { interval: 500 }), await join(t, port)]
  await new Promise((resolve) => setTimeout(resolve, 1800))
  t.equal(await other.cache.forget({ sub }), true)
  await member.hears((forgotten) => 'sub' in forgotten)
  t.same(member.heard, [{ all: true }, { sub }])
})
