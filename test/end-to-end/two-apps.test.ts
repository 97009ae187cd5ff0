import t from 'tap'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startStandIn } from '../../lib/testing/index.ts'
import { fleetApp, type FleetApp } from '../fixtures/fleet-app.ts'
import { send, startPeer } from '../fixtures/peer.ts'
import { needsRedis, startRedis } from '../fixtures/redis.ts'

/** Lets other tasks run: a loop over cached verdicts never yields, so no message would arrive. */
const breathe = async (): Promise<void> => await new Promise((resolve) => setTimeout(resolve, 10))
const credentials = { clientId: 'api', clientSecret: 'a secret that every process has' }

t.test('two apps share a response, and a token that one app forgets is introspected again by the other', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const peer = await startPeer(t, () => ({ active: true, sub: 'ada', jti: 'V2_1-at_1' }))
  const [one, other] = [await fleetApp(t, port, { issuer: peer.origin, credentials }), await fleetApp(t, port, { issuer: peer.origin, credentials })]
  t.same([await one.status('token'), await other.status('token'), await other.status('token', '/recent')], [200, 200, 200])
  t.equal(peer.asked.length, 1)
  t.equal(await one.status('sibling'), 200)
  t.equal(peer.asked.length, 2)
  // By the jti that the tokens share, although this process has only the other one.
  await other.app.zitadel.forget({ token: 'token' })
  t.equal(await other.status('token'), 200)
  t.equal(peer.asked.length, 3)
  while (peer.asked.length < 4) {
    await breathe()
    t.equal(await one.status('sibling'), 200)
  }
})

t.test('forget by sub, by jti and by a token without jti reaches the other app', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const peer = await startPeer(t, () => ({ active: true, sub: 'ada' }))
  const [one, other] = [await fleetApp(t, port, { issuer: peer.origin, credentials }), await fleetApp(t, port, { issuer: peer.origin, credentials })]
  t.same([await one.status('token'), await other.status('token')], [200, 200])
  for (const [asked, what] of [[2, { sub: 'ada' }], [3, { token: 'token' }]] as const) {
    await one.app.zitadel.forget(what)
    while (peer.asked.length < asked) {
      await breathe()
      t.equal(await other.status('token'), 200)
    }
  }
  await one.app.zitadel.forget({ jti: 'of nobody' })
  t.equal(await other.status('token'), 200)
})

t.test('an app that may have missed messages uses no earlier verdict', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const peer = await startPeer(t, () => ({ active: true, sub: 'ada' }))
  const { status } = await fleetApp(t, port, { issuer: peer.origin, credentials, cache: { ttl: 3600, refreshAhead: false } })
  t.equal(await status('token'), 200)
  while (!String(await admin('CLIENT', 'LIST', 'TYPE', 'pubsub')).includes('flags=P')) await breathe()
  await breathe()
  await status('token')
  const { length } = peer.asked
  await admin('FLUSHALL')
  await admin('CLIENT', 'KILL', 'TYPE', 'pubsub')
  while (peer.asked.length === length) {
    await breathe()
    t.equal(await status('token'), 200)
  }
})

t.test('freshness 0 asks ZITADEL, and an inactive response deletes the shared one', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  let active = true
  const peer = await startPeer(t, () => ({ active, sub: 'ada' }))
  const [one, other] = [await fleetApp(t, port, { issuer: peer.origin, credentials, retry: false }), await fleetApp(t, port, { issuer: peer.origin, credentials, retry: false })]
  t.equal(await one.status('token'), 200)
  t.equal(await other.status('token', '/fresh'), 200)
  t.ok(peer.asked.length >= 2)
  active = false
  t.equal(await other.status('token', '/fresh'), 401)
  t.equal(await other.status('token'), 401)
})

t.test('a response that is nested deeper than the stack is used, and is not shared', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const depth = 100_000
  const peer = await startPeer(t, ({ response }) => send(response, 200, `{"active":true,"sub":"ada","deep":${'['.repeat(depth)}${']'.repeat(depth)}}`))
  const { status } = await fleetApp(t, port, { issuer: peer.origin, credentials })
  t.equal(await status('token'), 200)
  t.same((await admin('KEYS', '*:entry:*') as string[]).filter((name) => !name.endsWith(':claim')), [])
})

t.test('if Redis permits no channel, the log says that messages are not delivered', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const peer = await startPeer(t, () => ({ active: true, sub: 'ada' }))
  await admin('ACL', 'SETUSER', 'default', 'resetchannels')
  const { status, lines } = await fleetApp(t, port, { issuer: peer.origin, credentials })
  while (!lines.some(({ code }) => code === 'FST_ZITADEL_SHARED_SUBSCRIPTION')) await breathe()
  t.equal(await status('token'), 200)
})

t.test('a new key of the API separates processes, and the log says so; with an explicit shared key it does not', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const standIn = await startStandIn()
  t.teardown(() => standIn.close())
  const keyFile = join(t.testdir({}), 'key.json')
  for (const [key, expected] of [[undefined, 1], ['k'.repeat(32), 0]] as const) {
    await writeFile(keyFile, JSON.stringify(standIn.api.key))
    const { app, lines } = await fleetApp(t, port, { issuer: standIn.issuer, credentials: { keyFile } }, { ...(key && { key }) })
    await writeFile(keyFile, JSON.stringify(await standIn.api.addKey()))
    t.same(await app.zitadel.reload(), { ok: true })
    t.equal(lines.filter(({ code }) => code === 'FST_ZITADEL_SHARED_KEY').length, expected)
  }
})

t.test('the option introspect, or an external signer, needs a shared key', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const introspect = (): object => ({ active: true, sub: 'ada' })
  await t.rejects(fleetApp(t, port, { introspect }), { code: 'FST_ZITADEL_OPTION', message: /"cache.shared.key"/ })
  const signer = { clientId: 'api', keyId: '1', alg: 'RS256', sign: () => new Uint8Array(256) } as const
  await t.rejects(fleetApp(t, port, { issuer: 'https://auth.acme.example', credentials: signer }), { code: 'FST_ZITADEL_OPTION', message: /"cache.shared.key"/ })
  const { status } = await fleetApp(t, port, { introspect }, { key: 'k'.repeat(32) })
  t.equal(await status('token'), 200)
})

t.test('with introspect, a response is shared with the same issuer only', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const open = async (issuer: string, active: boolean): Promise<FleetApp> => await fleetApp(t, port, { issuer, introspect: () => active ? { active, sub: 'ada' } : { active } }, { key: 'k'.repeat(32) })
  const first = await open('https://a.example', true)
  const same = await open('https://a.example', false)
  const other = await open('https://b.example', false)
  let token = 'token'
  for (let index = 0; await first.status(token) !== 200 || await same.status(token) !== 200; index++) {
    await breathe()
    token = `token-${index}`
  }
  t.equal(await other.status(token), 401)
})

t.test('a wrong shared option stops the start', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  await t.rejects(fleetApp(t, port, { issuer: 'https://auth.acme.example', credentials }, { ttl: 5 }), { code: 'FST_ZITADEL_OPTION', message: /unknown option "cache.shared.ttl"/ })
})
