import t from 'tap'
import { randomUUID } from 'node:crypto'
import type { Introspect } from '../../lib/client/introspection-client.ts'
import { Introspector } from '../../lib/verdicts/introspector.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { basic, startConnectedApp } from '../fixtures/test-app.ts'
import { startPeer } from '../fixtures/peer.ts'

t.test('a flood of 100,000 random tokens evicts no active verdict', async (t) => {
  let asked = 0
  const introspect: Introspect = async (token, { onSend }) => {
    onSend()
    const active = token.startsWith('user')
    if (active) asked++
    return { active }
  }
  const rules = { personalAccessTokens: true, customScopes: 'roles' } as const
  const introspector = new Introspector(introspect, rules, { max: 100, maxBytes: 2 ** 26, ttl: 3600, inactiveTtl: 3600, isEnabled: true, refreshAhead: false, staleIfError: 0, onStale () {} }, new ManualClock())
  const users = Array.from({ length: 100 }, (_, index) => `user${index}`)
  for (const user of users) await introspector.getVerdict(user)
  for (let index = 0; index < 100_000; index++) await introspector.getVerdict(randomUUID())
  t.same(users.filter((user) => introspector.getCached(user, Infinity) === undefined), [])
  for (const user of users) await introspector.getVerdict(user)
  t.equal(asked, 100)
})

t.test('the least recently used active verdict is evicted', async (t) => {
  const peer = await startPeer(t, () => ({ active: true }))
  const { ask } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic, cache: { max: 2 } })
  await ask('a')
  await ask('b')
  await ask('a')
  await ask('c')
  await ask('a')
  t.equal(peer.asked.length, 3)
  await ask('b')
  t.equal(peer.asked.length, 4)
})

t.test('inactive verdicts have a tenth of cache.max, rounded up', async (t) => {
  const peer = await startPeer(t, () => ({ active: false }))
  const { ask } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic, cache: { max: 11 } })
  await ask('a')
  await ask('b')
  await ask('a')
  await ask('b')
  t.equal(peer.asked.length, 2)
  await ask('c')
  await ask('a')
  t.equal(peer.asked.length, 4)
})

t.test('a token that turns inactive and back has one entry, and the last response counts', async (t) => {
  let active = true
  const introspect = (): object => ({ active })
  const { status, zitadel } = await startConnectedApp(t, { introspect })
  t.equal(await status('/'), 200)
  active = false
  t.equal(await status('/fresh'), 401)
  t.equal(await status('/'), 401)
  active = true
  t.equal(await status('/fresh'), 200)
  t.equal(await status('/'), 200)
  await zitadel.forget({ token: 'token' })
  active = false
  t.equal(await status('/'), 401)
})

t.test('with cache: false, each request causes an introspection, and no verdict is kept', async (t) => {
  const peer = await startPeer(t, ({ index }) => ({ active: index !== 2 }))
  const { status, zitadel } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic, cache: false, retry: false })
  t.equal(await status('/'), 200)
  t.equal(await status('/recent'), 200)
  t.equal(await status('/'), 401)
  t.equal(peer.asked.length, 3)
  await zitadel.forget({ token: 'token' })
  t.equal(await status('/'), 200)
})
