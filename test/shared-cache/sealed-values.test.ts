import t from 'tap'
import { SharedKey } from '../../lib/shared-cache/shared-key.ts'
import { ada, identity, join } from '../fixtures/fleet.ts'
import { needsRedis, startRedis } from '../fixtures/redis.ts'

const key = 'k'.repeat(32)

t.test('values that are sealed with the right key are checked too', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const member = await join(t, port, { key })
  const { name, box } = new SharedKey(key, identity).entry('token')
  const now = Date.now()
  const put = async (contents: unknown): Promise<boolean> => {
    await admin('SET', `fastify-zitadel:entry:${name}`, box.seal(JSON.stringify(contents)))
    const before = member.asked()
    await member.ask('token', { active: false })
    await member.settle()
    return member.asked() === before
  }
  t.equal(await put([now, ada]), true)
  for (const wrong of [[now, { active: false }], [now, { active: 'true' }], [now, { ...ada, exp: '1' }], [now, null], [now], [String(now), ada], [null, ada], []]) {
    t.equal(await put(wrong), false, JSON.stringify(wrong))
  }
})
