import t from 'tap'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Result, Command } from '../fixtures/fleet-process.ts'
import { forkFixture } from '../fixtures/fork-fixture.ts'
import { startPeer } from '../fixtures/peer.ts'
import { needsRedis, startRedis } from '../fixtures/redis.ts'

// Four processes have to start, which takes long on a busy machine.
t.setTimeout(120_000)

t.test('a thousand simultaneous requests with one new token, in four processes, cause one introspection', { ...needsRedis, timeout: 120_000 }, async (t) => {
  const { port } = await startRedis(t)
  const peer = await startPeer(t, async ({ form }) => {
    await new Promise((resolve) => setTimeout(resolve, 20))
    return { active: true, sub: `owner of ${form.get('token')}` }
  })
  const children = await Promise.all(Array.from({ length: 4 }, async () => {
    const child = forkFixture('fleet-process', [String(port), peer.origin])
    t.teardown(async () => {
      child.disconnect()
      await once(child, 'exit')
    })
    t.same(await once(child, 'message').then(([word]) => word), 'ready')
    return child
  }))
  const ask = async (child: ChildProcess, token: string): Promise<Result> => {
    child.send({ token, times: 250 } satisfies Command)
    return (await once(child, 'message'))[0]
  }
  for (let run = 1; run <= 20; run++) {
    const token = `token-${run}`
    const answers = (await Promise.all(children.map(async (child) => await ask(child, token)))).flat()
    t.equal(answers.length, 1000)
    t.same(new Set(answers), new Set([`owner of ${token}`]))
    t.equal(peer.asked.length, run, `run ${run}`)
  }
})
