import t from 'tap'
import { once } from 'node:events'
import { fleetApp } from '../fixtures/fleet-app.ts'
import { startPeer } from '../fixtures/peer.ts'
import { needsRedis, spawnRedis, startRedis } from '../fixtures/redis.ts'

const TOKENS = Array.from({ length: 60 }, (_, index) => `token-${index}`)

t.test('no known caller gets a 503 after a restart of Redis, and ZITADEL is not asked about all tokens at once', needsRedis, async (t) => {
  const { port, child, admin } = await startRedis(t)
  const peer = await startPeer(t, async ({ form }) => {
    await new Promise((resolve) => setTimeout(resolve, 20))
    return { active: true, sub: form.get('token') }
  })
  // At two at a time, sixty introspections take longer than a request may wait.
  const { app, status } = await fleetApp(t, port, { issuer: peer.origin, credentials: { clientId: 'api', clientSecret: 'secret' }, timeout: 1000, retry: false, limits: { concurrent: 2 }, cache: { ttl: 3600, refreshAhead: false } })
  const isHealthy = async (): Promise<boolean> => (await admin('PUBSUB', 'CHANNELS', '*:beat:*') as string[]).length > 0
  while (!await isHealthy()) await new Promise((resolve) => setTimeout(resolve, 10))
  for (const token of TOKENS) t.equal(await status(token), 200)
  const before = peer.asked.length
  child.kill('SIGKILL')
  await once(child, 'exit')
  const again = spawnRedis(port)
  t.teardown(() => { again.kill('SIGKILL') })
  while (!await isHealthy()) await new Promise((resolve) => setTimeout(resolve, 10))
  const statuses = new Set<number>()
  const end = performance.now() + 1200
  while (performance.now() < end) {
    for (const code of await Promise.all(TOKENS.map(async (token) => await status(token)))) statuses.add(code)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  t.same([...statuses], [200])
  t.ok(peer.asked.length - before < 30, `${peer.asked.length - before} introspections`)
  await app.close()
})
