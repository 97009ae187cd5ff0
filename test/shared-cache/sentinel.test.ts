import t from 'tap'
import { once } from 'node:events'
import { ada, open, type Member } from '../fixtures/fleet.ts'
import { connectThroughSentinel, startSentinel } from '../fixtures/redis-sentinel.ts'
import { kinds, needsRedis } from '../fixtures/redis.ts'

t.setTimeout(120_000)
t.jobs = 3

for (const kind of kinds) {
  t.test(`${kind}: a client with sentinels shares and forgets, before and after a failover`, { ...needsRedis, buffered: true, timeout: 120_000 }, async (t) => {
    const group = await startSentinel(t)
    const join = async (): Promise<Member> => {
      const member = await open(t, await connectThroughSentinel(t, group, kind), { deadline: 500 })
      await member.hears((event) => 'all' in event)
      return member
    }
    const [first, second] = [await join(), await join()]
    const share = async (token: string): Promise<void> => {
      for (let index = 0; ; index++) {
        await first.ask(`${token} ${index}`)
        const before = second.asked()
        await second.ask(`${token} ${index}`)
        if (second.asked() === before) return
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
    await share('before')
    group.master.child.kill('SIGKILL')
    await once(group.master.child, 'exit')
    const start = performance.now()
    await share('after')
    t.comment(`shared again ${Math.round(performance.now() - start)} ms after the death of the master`)
    const count = (): number => second.heard.filter((event) => 'sub' in event).length
    while (count() === 0) await first.cache.forget({ sub: ada['sub'] as string })
    while (!await first.cache.forget({ sub: ada['sub'] as string })) await new Promise((resolve) => setTimeout(resolve, 20))
    t.same((await second.ask('after 0', { active: false })).response, { active: false })
  })
}
