import t, { type Test } from 'tap'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { decodeProtectedHeader } from 'jose'
import { Agent } from 'undici'
import type { CredentialsMessage, OutageMessage } from '../../lib/channels.ts'
import { getRegistration } from '../../lib/registration.ts'
import { startStandIn, type StandIn } from '../../lib/testing/index.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { fleetApp } from '../fixtures/fleet-app.ts'
import { Gate, send, startPeer } from '../fixtures/peer.ts'
import { needsRedis, startRedis } from '../fixtures/redis.ts'
import { startRedisProxy } from '../fixtures/redis-proxy.ts'
import { collectMessages } from '../fixtures/subscribe.ts'
import { OK, basic, startTestApp, unavailable, type TestApp } from '../fixtures/test-app.ts'

interface KeyApp extends TestApp<ManualClock> {
  readonly standIn: StandIn
  readonly put: (key: object) => Promise<void>
}

async function startKeyApp (t: Test, pollInterval?: number): Promise<KeyApp> {
  const standIn = await startStandIn()
  t.teardown(() => standIn.close())
  const keyFile = join(t.testdir({}), 'key.json')
  // The file is polled, and must not be read while it is empty.
  const put = async (key: object): Promise<void> => {
    await writeFile(`${keyFile}.new`, JSON.stringify(key))
    await rename(`${keyFile}.new`, keyFile)
  }
  await put(standIn.api.key)
  return { standIn, put, ...await startTestApp(t, { issuer: standIn.issuer, credentials: { keyFile } }, new ManualClock(), pollInterval) }
}

for (const [seconds, expected] of [[0.499, OK], [0.5, unavailable(1)]] as const) {
  t.test(`an introspection that waits in the queue for ${seconds} s of a timeout of 1 s is answered ${expected.status}`, async (t) => {
    const gate = new Gate()
    const peer = await startPeer(t, async ({ form }) => {
      if (form.get('token') === 'first') await gate.opened
      return { active: true }
    })
    const { get, clock, zitadel } = await startTestApp(t, { issuer: peer.origin, credentials: basic, timeout: 1000, limits: { concurrent: 1 } })
    const first = get('first')
    await peer.waitFor(1)
    const second = get('second')
    while (getRegistration(zitadel)!.readState().queued !== 1) await sleep(1)
    clock.advance(seconds)
    gate.open()
    t.same([await first, await second], [OK, expected])
  })
}

t.test('a rejection of the credentials that are in use is published once', async (t) => {
  const { standIn, ask } = await startKeyApp(t)
  const changes = collectMessages<CredentialsMessage>(t, 'fastify-zitadel:credentials')
  standIn.api.deactivate()
  t.equal(await ask(), 'FST_ZITADEL_CLIENT_REJECTED')
  t.same(changes.map(({ state }) => state), ['rejected'])
})

t.test('an introspection that ends with an outage is not sent again with a new key', async (t) => {
  const { api } = await startStandIn().then((standIn) => { t.teardown(() => standIn.close()); return standIn })
  const gate = new Gate()
  const peer = await startPeer(t, async ({ form, response }) => {
    if (form.get('token') !== 'slow') return { active: false }
    await gate.opened
    return send(response, 500, '')
  })
  const keyFile = join(t.testdir({}), 'key.json')
  await writeFile(keyFile, JSON.stringify({ ...api.key, keyId: 'old' }))
  const { ask, zitadel } = await startTestApp(t, { issuer: peer.origin, credentials: { keyFile }, retry: false })
  const slow = ask('slow')
  await peer.waitFor(1)
  await writeFile(keyFile, JSON.stringify({ ...api.key, keyId: 'new' }))
  t.same(await zitadel.reload(), { ok: true })
  gate.open()
  t.equal(await slow, 'FST_ZITADEL_UNAVAILABLE')
  t.same(peer.asked.map(({ form }) => decodeProtectedHeader(form.get('client_assertion')!).kid), ['old', 'new'])
})

t.test('a reload publishes nothing of the circuit if none was open, and the end of one that was', async (t) => {
  const { standIn, ask, put, zitadel } = await startKeyApp(t)
  const outages = collectMessages<OutageMessage>(t, 'fastify-zitadel:outage')
  const key = await standIn.api.addKey()
  t.same(await zitadel.reload(), { ok: true })
  t.same(outages, [])
  standIn.api.removeKey(standIn.api.key.keyId)
  await ask()
  await put(key)
  t.same(await zitadel.reload(), { ok: true })
  t.same(outages.map(({ state }) => state), ['opened', 'closed'])
})

t.test('a rejection of a new key opens no circuit and is no rejection of the key that is in use', async (t) => {
  const { standIn, put, zitadel, lines } = await startKeyApp(t)
  const outages = collectMessages<OutageMessage>(t, 'fastify-zitadel:outage')
  const changes = collectMessages<CredentialsMessage>(t, 'fastify-zitadel:credentials')
  const key = await standIn.api.addKey()
  standIn.api.removeKey(key.keyId)
  await put(key)
  t.match(await zitadel.reload(), { ok: false })
  t.same(outages, [])
  t.match(changes, [{ state: 'kept', code: 'FST_ZITADEL_CLIENT_REJECTED', reason: /^ZITADEL rejects this API's credentials/ }])
  t.equal(lines.length, 1)
})

t.test('a dispatcher of the user stays in use after a series of failures', async (t) => {
  const dispatcher = new Agent()
  t.teardown(async () => await dispatcher.destroy())
  let isDown = true
  const peer = await startPeer(t, ({ response }) => isDown ? send(response, 500, '') : { active: true })
  const { clock, get } = await startTestApp(t, { issuer: peer.origin, credentials: basic, dispatcher, retry: false })
  for (let index = 0; index < 6; index++) t.match(await get(`token-${index}`), { status: 503, code: 'FST_ZITADEL_UNAVAILABLE' })
  t.equal(peer.asked.length, 5, 'the circuit is open')
  isDown = false
  clock.advance(10)
  t.same(await get('token'), OK)
})

t.test('a key file that does not change is not loaded again', async (t) => {
  const { standIn, put, lines, zitadel } = await startKeyApp(t, 2)
  await sleep(60)
  t.equal(standIn.requests.length, 0, 'a new key would be checked')
  await put(standIn.api.key)
  await zitadel.reload()
  t.same(lines, [], 'without a shared cache, a reload writes no warning')
})

t.test('a key without a shared cache key is warned about once at a reload, since the shared key stays that of the first credentials', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const standIn = await startStandIn()
  t.teardown(() => standIn.close())
  const { issuer, credentials } = standIn
  for (const [shared, expected] of [[{}, ['FST_ZITADEL_SHARED_KEY']], [{ key: 'k'.repeat(32) }, []]] as const) {
    const { app, lines } = await fleetApp(t, port, { issuer, credentials }, shared)
    t.same(await app.zitadel.reload(), { ok: true })
    t.same(lines.map(({ code }) => code), expected)
    t.match(lines, expected.length === 0 ? [] : [{ level: 40, msg: /the credentials were replaced, but the key of the shared cache is derived from the first ones/ }])
  }
})

t.test('close() ends the connection on which messages of other processes arrive, with credentials and with a function', needsRedis, async (t) => {
  const redis = await startRedis(t)
  const standIn = await startStandIn()
  t.teardown(() => standIn.close())
  const { issuer, credentials } = standIn
  for (const options of [{ issuer, credentials }, { introspect: () => ({ active: false }) }]) {
    const proxy = await startRedisProxy(t, redis.port)
    const { app, status } = await fleetApp(t, proxy.port, options, { key: 'k'.repeat(32) })
    t.equal(await status('token'), 401)
    while (proxy.open() < 2) await sleep(5)
    await app.close()
    while (proxy.open() > 1) await sleep(5)
    t.equal(proxy.open(), 1, 'the connection of the user stays open')
  }
})
