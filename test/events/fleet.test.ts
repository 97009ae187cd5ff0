import t, { type Test } from 'tap'
import { setTimeout as sleep } from 'node:timers/promises'
import type { IntrospectionResponse } from '../../lib/index.ts'
import type { ForgetMessage } from '../../lib/channels.ts'
import { fleetApp, type FleetApp } from '../fixtures/fleet-app.ts'
import { activeResponse } from '../fixtures/guarded-app.ts'
import { SIGNING_KEY, findRecorded, sign, type EventBody } from '../fixtures/recorded-events.ts'
import { needsRedis, startRedis } from '../fixtures/redis.ts'
import { startRedisProxy } from '../fixtures/redis-proxy.ts'
import { collectMessages } from '../fixtures/subscribe.ts'

const USER = '401242392587406374'
const SESSION = 'V2_401242459528498214'

interface Fleet {
  readonly apps: FleetApp[]
  readonly add: () => Promise<FleetApp>
  readonly revoke: () => void
  readonly post: (body: EventBody) => Promise<void>
  /** Milliseconds until no process lets the token in. */
  readonly measure: (token: string) => Promise<number>
}

async function startFleet (t: Test): Promise<Fleet> {
  const { port } = await startRedis(t)
  let isRevoked = false
  const responses: Record<string, object> = { user: activeResponse({ sub: USER }), session: activeResponse({ sub: 'other', jti: `${SESSION}-at_1` }), bare: activeResponse({ sub: 'nobody' }) }
  const introspect = (token: string): IntrospectionResponse => (isRevoked ? { active: false } : responses[token]) as IntrospectionResponse
  const add = async (): Promise<FleetApp> => await fleetApp(t, port, { introspect, cache: { ttl: 600 }, events: { path: '/events', signingKey: SIGNING_KEY } }, { key: 'k'.repeat(32) })
  const apps = await Promise.all([add(), add(), add(), add()])
  // Waits for the subscriptions: each process receives what another forgets.
  await sleep(200)
  const post = async (body: EventBody): Promise<void> => {
    const payload = JSON.stringify(body)
    const { statusCode } = await apps[0]!.app.inject({ method: 'POST', url: '/events', headers: { 'content-type': 'application/json', 'zitadel-signature': sign(payload, Math.floor(Date.now() / 1000)) }, payload })
    t.equal(statusCode, 204)
  }
  const measure = async (token: string): Promise<number> => {
    const startedAt = performance.now()
    for (;;) {
      const statuses = await Promise.all(apps.map(async ({ status }) => await status(token)))
      if (statuses.every((status) => status === 401)) return performance.now() - startedAt
      if (performance.now() - startedAt > 5000) return Infinity
      // Cached verdicts need no I/O: without a turn of the event loop, no message would arrive.
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return { apps, add, revoke: () => { isRevoked = true }, post, measure }
}

for (const [token, body] of [['user', findRecorded('user.locked')], ['session', findRecorded('oidc_session.access_token.revoked')], ['bare', findRecorded('user.grant.deactivated')]] as const) {
  t.test(`an event that one process receives ends the token in all: ${body.event_type}`, needsRedis, async (t) => {
    const { apps, add, revoke, post, measure } = await startFleet(t)
    for (const { status } of apps) t.equal(await status(token), 200)
    revoke()
    for (const { status } of apps) t.equal(await status(token), 200, 'within its ttl the token is cached')
    await post(body)
    const duration = await measure(token)
    t.ok(duration < 5000, `${Math.round(duration)} ms`)
    for (let round = 0; round < 3; round++) for (const { status } of apps) t.equal(await status(token), 401, 'no request is let in afterwards')
    t.equal(await (await add()).status(token), 401, 'a process that was away does not load it from the shared cache')
  })
}

t.test('if Redis is away, the process that receives an event applies it, and the others when Redis is back', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const proxy = await startRedisProxy(t, port)
  let isRevoked = false
  const introspect = (): IntrospectionResponse => isRevoked ? { active: false } : activeResponse({ sub: USER }) as IntrospectionResponse
  const forgets = collectMessages<ForgetMessage>(t, 'fastify-zitadel:forget')
  const add = async (): Promise<FleetApp> => await fleetApp(t, proxy.port, { introspect, cache: { ttl: 600 }, events: { path: '/events', signingKey: SIGNING_KEY } }, { key: 'k'.repeat(32), deadline: 100 })
  const [first, second] = [await add(), await add()]
  while (forgets.length < 2) await sleep(5)
  for (const { status } of [first, second]) t.equal(await status('token'), 200)
  isRevoked = true
  proxy.reply = 'close'
  await admin('CLIENT', 'KILL', 'TYPE', 'pubsub')
  forgets.length = 0
  const payload = JSON.stringify(findRecorded('user.locked'))
  const { statusCode } = await first.app.inject({ method: 'POST', url: '/events', headers: { 'zitadel-signature': sign(payload, Math.floor(Date.now() / 1000)) }, payload })
  t.equal(statusCode, 204)
  t.equal(await first.status('token'), 401)
  while (!first.lines.some(({ code }) => code === 'FST_ZITADEL_SHARED_FORGET')) await sleep(10)
  proxy.reply = undefined
  while (forgets.filter(({ kind }) => kind === 'gap').length < 2) await sleep(10)
  while (await second.status('token') !== 401) await sleep(10)
  t.equal(await first.status('token'), 401)
})

t.test('if only the process that receives an event has lost Redis, the others ask again when its connection is back', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const proxy = await startRedisProxy(t, port)
  let isRevoked = false
  const introspect = (): IntrospectionResponse => isRevoked ? { active: false } : activeResponse({ sub: USER }) as IntrospectionResponse
  const forgets = collectMessages<ForgetMessage>(t, 'fastify-zitadel:forget')
  const add = async (port: number): Promise<FleetApp> => await fleetApp(t, port, { introspect, cache: { ttl: 600 }, events: { path: '/events', signingKey: SIGNING_KEY } }, { key: 'k'.repeat(32), deadline: 100 })
  const [first, second] = [await add(proxy.port), await add(port)]
  while (forgets.length < 2) await sleep(5)
  for (const { status } of [first, second]) t.equal(await status('token'), 200)
  isRevoked = true
  proxy.reply = 'close'
  proxy.disconnect()
  forgets.length = 0
  const payload = JSON.stringify(findRecorded('user.locked'))
  const { statusCode } = await first.app.inject({ method: 'POST', url: '/events', headers: { 'zitadel-signature': sign(payload, Math.floor(Date.now() / 1000)) }, payload })
  t.equal(statusCode, 204)
  while (!first.lines.some(({ code }) => code === 'FST_ZITADEL_SHARED_FORGET')) await sleep(10)
  t.equal(await second.status('token'), 200, 'the other one does not know it yet')
  proxy.reply = undefined
  while (!forgets.some(({ kind, source }) => kind === 'doubt' && source === 'process')) await sleep(10)
  t.equal(await second.status('token'), 401)
})
