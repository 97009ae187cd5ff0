import t from 'tap'
import { once } from 'node:events'
import { ada, open, type Member } from '../fixtures/fleet.ts'
import { connectThroughSentinel, startSentinel } from '../fixtures/redis-sentinel.ts'
import { kinds, listDenied, needsRedis } from '../fixtures/redis.ts'

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
  group.master.child.kill('SIGKILL')
  await once(group.master.child, 'exit')
  const start = performance.now()
  await Promise.all(pairs.map(async ({ kind, first, second }) => {
    await share(first, second, 'after')
    t.comment(`${kind}: shared again ${Math.round(performance.now() - start)} ms after the death of the master`)
    const count = (): number => second.received.filter((target) => 'sub' in target).length
    while (count() === 0) await first.cache.forget({ sub: ada['sub'] as string })
    while (!await first.cache.forget({ sub: ada['sub'] as string })) await new Promise((resolve) => setTimeout(resolve, 20))
    t.same((await second.ask('after 0', { active: false })).response, { active: false }, kind)
  }))
  t.same(await listDenied(group.replica.admin), [], 'the permissions are enough')
  t.same(await listDenied(group.sentinel), [], 'those of the sentinel are, too')
})
