import t from 'tap'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { activeResponse } from '../fixtures/guarded-app.ts'
import { forkFixture } from '../fixtures/fork-fixture.ts'
import { startPeer } from '../fixtures/peer.ts'
import { SIGNING_KEY, findRecorded, sign } from '../fixtures/recorded-events.ts'
import { needsRedis, startRedis } from '../fixtures/redis.ts'

t.test('a webhook that one process receives ends a response of another process', { ...needsRedis, timeout: 120_000 }, async (t) => {
  const { port, admin } = await startRedis(t)
  let isRevoked = false
  const event = findRecorded('user.locked')
  const peer = await startPeer(t, async () => isRevoked ? { active: false } : activeResponse({ sub: event.aggregateID }))
  const [first, second] = await Promise.all([0, 1].map(async () => {
    const child = forkFixture('stream-process', [String(port), peer.origin])
    t.teardown(async () => {
      child.disconnect()
      await once(child, 'exit')
    })
    const [listening] = await once(child, 'message') as [number]
    return `http://127.0.0.1:${listening}`
  })) as [string, string]
  const countSubscribers = async (): Promise<number> => Number((await admin('PUBSUB', 'NUMSUB', ...await admin('PUBSUB', 'CHANNELS', '*:forget:*') as string[]) as string[])[1])
  while (await countSubscribers() !== 2) await sleep(5)
  const response = await fetch(`${second}/stream`, { headers: { authorization: 'Bearer token' } })
  t.equal(response.status, 200)
  isRevoked = true
  const body = JSON.stringify(event)
  const { status } = await fetch(`${first}/events`, { method: 'POST', headers: { 'zitadel-signature': sign(body, Math.floor(Date.now() / 1000), SIGNING_KEY) }, body })
  t.equal(status, 204)
  t.equal(await response.text(), 'open revoked')
})
