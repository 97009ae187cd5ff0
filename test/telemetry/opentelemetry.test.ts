import t from 'tap'
import { setTimeout as sleep } from 'node:timers/promises'
import { SpanStatusCode, context, metrics, trace } from '@opentelemetry/api'
import type { Histogram } from '@opentelemetry/sdk-metrics'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { instrument } from '../../lib/telemetry/index.ts'
import { activeResponse, startGuardedApp } from '../fixtures/guarded-app.ts'
import { enableContext, startTelemetry, type Point } from '../fixtures/open-telemetry.ts'
import { fleetApp } from '../fixtures/fleet-app.ts'
import { needsRedis, startRedis } from '../fixtures/redis.ts'
import { SIGNING_KEY, findRecorded, sign } from '../fixtures/recorded-events.ts'
import { startStandIn } from '../../lib/testing/index.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { Gate, startPeer } from '../fixtures/peer.ts'
import { basic, startProxiedApp, startTestApp } from '../fixtures/test-app.ts'

const toRows = (points: Point[]): object[] => points.map(({ value, attributes }) => ({ value, ...attributes }))
const toHistogramRows = (points: Point[]): object[] => points.map(({ value, attributes }) => ({ count: (value as Histogram).count, sum: (value as Histogram).sum, ...attributes }))

t.test('decisions are counted by outcome, code, source and route', async (t) => {
  const { app, get, clock } = await startGuardedApp(t)
  app.get('/orders/:id', { config: { scopes: [] } }, async () => 'served')
  app.get('/admin', { config: { roles: ['admin'] } }, async () => 'served')
  app.get('/greeting', { config: { access: 'optional' } }, async () => 'served')
  await app.ready()
  const telemetry = startTelemetry(t)
  instrument(app, telemetry)
  await get('/orders/1')
  clock.advance(3)
  await get('/orders/2')
  await get('/orders/3')
  await get('/orders/4', null)
  await get('/admin')
  await get('/orders/5', 'unknown')
  await get('/greeting', null)
  t.strictSame(toRows(await telemetry.read('fastify_zitadel.decisions')), [
    { value: 1, 'fastify_zitadel.outcome': 'allowed', 'fastify_zitadel.source': 'introspection', 'http.route': '/orders/:id' },
    { value: 2, 'fastify_zitadel.outcome': 'allowed', 'fastify_zitadel.source': 'memory', 'http.route': '/orders/:id' },
    { value: 1, 'fastify_zitadel.outcome': 'denied', 'fastify_zitadel.code': 'FST_ZITADEL_NO_TOKEN', 'fastify_zitadel.reason': 'token_missing', 'http.route': '/orders/:id' },
    { value: 1, 'fastify_zitadel.outcome': 'denied', 'fastify_zitadel.code': 'FST_ZITADEL_INVALID_TOKEN', 'fastify_zitadel.reason': 'token_inactive', 'fastify_zitadel.source': 'introspection', 'http.route': '/orders/:id' },
    { value: 1, 'fastify_zitadel.outcome': 'denied', 'fastify_zitadel.code': 'FST_ZITADEL_INSUFFICIENT_ROLE', 'fastify_zitadel.reason': 'roles_absent', 'fastify_zitadel.source': 'memory', 'http.route': '/admin' },
    { value: 1, 'fastify_zitadel.outcome': 'allowed', 'http.route': '/greeting' }
  ])
  t.strictSame(toHistogramRows(await telemetry.read('fastify_zitadel.verdict.age')), [
    { count: 5, sum: 9 }
  ])
})

t.test('denials on one route are counted by code', async (t) => {
  const { app, get } = await startGuardedApp(t)
  app.get('/admin', { config: { roles: ['admin'] } }, async () => 'served')
  await app.ready()
  const telemetry = startTelemetry(t)
  for (const token of ['good', 'unknown']) await get('/admin', token)
  instrument(app, telemetry)
  for (const token of ['good', 'unknown']) await get('/admin', token)
  t.strictSame(toRows(await telemetry.read('fastify_zitadel.decisions')), [
    { value: 1, 'fastify_zitadel.outcome': 'denied', 'fastify_zitadel.code': 'FST_ZITADEL_INSUFFICIENT_ROLE', 'fastify_zitadel.reason': 'roles_absent', 'fastify_zitadel.source': 'memory', 'http.route': '/admin' },
    { value: 1, 'fastify_zitadel.outcome': 'denied', 'fastify_zitadel.code': 'FST_ZITADEL_INVALID_TOKEN', 'fastify_zitadel.reason': 'token_inactive', 'fastify_zitadel.source': 'memory', 'http.route': '/admin' }
  ])
})

t.test('a failure has an error type, and a route is absent where no route serves', async (t) => {
  const tokenFrom = (): string => { throw new Error('secret') }
  const { get, app } = await startGuardedApp(t, { options: { unmatched: 'protected', tokenFrom } })
  const telemetry = startTelemetry(t)
  instrument(app, telemetry)
  await get('/missing')
  t.strictSame(toRows(await telemetry.read('fastify_zitadel.decisions')), [{ value: 1, 'fastify_zitadel.outcome': 'failed', 'fastify_zitadel.code': 'FST_ZITADEL_OPTION', 'error.type': 'FST_ZITADEL_OPTION' }])
})

t.test('introspections are measured, with the status of the response as the error type', async (t) => {
  const { app, standIn, ask, clock } = await startProxiedApp(t, { retry: false })
  const telemetry = startTelemetry(t)
  instrument(app, telemetry)
  t.equal(await ask(await standIn.issueToken()), 'active')
  t.equal(await ask(), 'inactive')
  for (const status of [503, 503, 599, 200]) {
    standIn.fail({ status })
    await ask(`token${clock.monotonic()}`)
    clock.advance(1)
  }
  t.strictSame(toHistogramRows(await telemetry.read('fastify_zitadel.introspection.duration')), [
    { count: 1, sum: 0, 'fastify_zitadel.outcome': 'active' },
    { count: 1, sum: 0, 'fastify_zitadel.outcome': 'inactive' },
    { count: 2, sum: 0, 'fastify_zitadel.outcome': 'failed', 'error.type': '503' },
    { count: 1, sum: 0, 'fastify_zitadel.outcome': 'failed', 'error.type': '_OTHER' },
    { count: 1, sum: 0, 'fastify_zitadel.outcome': 'failed', 'error.type': '200' }
  ])
  t.strictSame(toHistogramRows(await telemetry.read('fastify_zitadel.introspection.wait')), [{ count: 6, sum: 0 }])
  t.strictSame(toRows(await telemetry.read('fastify_zitadel.outages')), [{ value: 4, 'fastify_zitadel.state': 'failed' }, { value: 0, 'fastify_zitadel.state': 'opened' }, { value: 0, 'fastify_zitadel.state': 'closed' }])
  t.strictSame(toRows(await telemetry.read('fastify_zitadel.introspection.active')), [{ value: 0 }])
})

t.test('introspections that run and wait are observed, and their times are in seconds', async (t) => {
  const gates = [new Gate(), new Gate()]
  const peer = await startPeer(t, async ({ index }) => {
    await gates[index]!.opened
    return { active: false }
  })
  const { app, ask, clock } = await startTestApp(t, { issuer: peer.origin, credentials: basic, limits: { concurrent: 1 } })
  const telemetry = startTelemetry(t)
  instrument(app, telemetry)
  const readValue = async (name: string): Promise<unknown> => (await telemetry.read(`fastify_zitadel.introspection.${name}`))[0]?.value
  const first = ask('first')
  await peer.waitFor(1)
  const second = ask('second')
  while (await readValue('queued') !== 1) await sleep(1)
  t.equal(await readValue('active'), 2)
  clock.advance(0.25)
  gates[0]!.open()
  await first
  await peer.waitFor(2)
  t.equal(await readValue('active'), 1)
  clock.advance(0.5)
  gates[1]!.open()
  await second
  t.equal(await readValue('active'), 0)
  t.strictSame(toHistogramRows(await telemetry.read('fastify_zitadel.introspection.duration')), [{ count: 2, sum: 0.25 + 0.75, 'fastify_zitadel.outcome': 'inactive' }])
  t.strictSame(toHistogramRows(await telemetry.read('fastify_zitadel.introspection.wait')), [{ count: 2, sum: 0.25 }])
})

t.test('the circuit, the queue and the cache are observed', async (t) => {
  const { app, standIn, ask } = await startProxiedApp(t, { retry: false })
  const telemetry = startTelemetry(t)
  instrument(app, telemetry)
  await ask(await standIn.issueToken())
  await ask()
  t.strictSame(toRows(await telemetry.read('fastify_zitadel.circuit.open')), [{ value: 0 }])
  standIn.fail({ status: 503 })
  for (let i = 0; i < 6; i++) await ask(`token${i}`)
  t.strictSame(toRows(await telemetry.read('fastify_zitadel.circuit.open')), [{ value: 1 }])
  t.strictSame(toRows(await telemetry.read('fastify_zitadel.introspection.queued')), [{ value: 0 }])
  t.strictSame(toRows(await telemetry.read('fastify_zitadel.cache.entries')), [{ value: 1, 'fastify_zitadel.verdict.state': 'active' }, { value: 1, 'fastify_zitadel.verdict.state': 'inactive' }])
  const sizes = await telemetry.read('fastify_zitadel.cache.size')
  t.match(sizes, [{ attributes: { 'fastify_zitadel.verdict.state': 'active' } }, { attributes: { 'fastify_zitadel.verdict.state': 'inactive' } }])
  t.ok((sizes[0]!.value as number) > (sizes[1]!.value as number) && (sizes[1]!.value as number) > 0)
  t.same(await telemetry.read('fastify_zitadel.shared_cache.healthy'), [], 'there is no shared cache')
  t.same(await telemetry.read('fastify_zitadel.events.silence'), [], 'and no webhook is expected')
  t.equal(toHistogramRows(await telemetry.read('fastify_zitadel.introspection.duration')).length, 3, 'an introspection that the circuit held back has no duration')
})

t.test('the health of the shared cache is observed', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const { app } = await fleetApp(t, port, { introspect: () => ({ active: false }) }, { key: 'k'.repeat(32) })
  const telemetry = startTelemetry(t)
  instrument(app, telemetry)
  const isHealthy = async (): Promise<unknown> => (await telemetry.read('fastify_zitadel.shared_cache.healthy'))[0]?.value
  while (await isHealthy() !== 1) await sleep(10)
  t.pass('forget messages arrive')
  t.same((await telemetry.read('fastify_zitadel.shared_cache.forgets.pending')).map(({ value }) => value), [0])
  const forgets = (await telemetry.read('fastify_zitadel.forgets')).map(({ attributes }) => Object.values(attributes).join(' '))
  t.same(forgets, ['call', 'process'].flatMap((source) => ['token', 'sub', 'jti'].map((target) => `forget ${source} ${target}`)).concat(
    ['all', 'sub', 'session', 'jti'].map((target) => `doubt process ${target}`), 'gap process all'), 'what other processes forget is counted from 0')
})

t.test('changes of the credentials are counted', async (t) => {
  const { app, zitadel } = await startProxiedApp(t)
  const telemetry = startTelemetry(t)
  instrument(app, telemetry)
  await zitadel.reload()
  t.strictSame(toRows(await telemetry.read('fastify_zitadel.credentials.changes')), [{ value: 1, 'fastify_zitadel.state': 'replaced' }, { value: 0, 'fastify_zitadel.state': 'kept' }, { value: 0, 'fastify_zitadel.state': 'rejected' }])
})

t.test('forgets are counted, with the verdicts that they made unusable', async (t) => {
  const { app, get, zitadel } = await startGuardedApp(t, { responses: { other: activeResponse() } })
  app.get('/', async () => 'served')
  await app.ready()
  const telemetry = startTelemetry(t)
  instrument(app, telemetry)
  for (const token of ['good', 'other']) await get('/', token)
  await zitadel().forget({ sub: 'ada' })
  await zitadel().forget({ sub: 'ada' })
  await zitadel().forget({ token: 'never seen' })
  const attributes = { 'fastify_zitadel.kind': 'forget', 'fastify_zitadel.source': 'call' }
  const toForgetRows = (values: Record<string, number>): object[] => Object.entries(values).map(([target, value]) => ({ value, ...attributes, 'fastify_zitadel.target': target }))
  t.strictSame(toRows(await telemetry.read('fastify_zitadel.forgets')), toForgetRows({ token: 1, sub: 2, jti: 0 }))
  t.strictSame(toRows(await telemetry.read('fastify_zitadel.forgets.verdicts')), toForgetRows({ token: 0, sub: 2, jti: 0 }))
})

t.test('the expiry of the key is observed where the key has it', async (t) => {
  const clock = new ManualClock()
  const standIn = await startStandIn({ clock: clock.wall })
  t.teardown(async () => await standIn.close())
  const key = { ...standIn.api.key, expirationDate: new Date(clock.wall() + 3_600_000).toISOString() }
  const { app } = await startTestApp(t, { issuer: standIn.issuer, credentials: { key } }, clock)
  const without = await startTestApp(t, { issuer: standIn.issuer, credentials: { key: { ...key, expirationDate: 'never' } } }, clock)
  const telemetry = [startTelemetry(t), startTelemetry(t)] as const
  instrument(app, telemetry[0])
  instrument(without.app, telemetry[1])
  clock.advance(600)
  await app.zitadel.reload()
  t.strictSame(toRows(await telemetry[0].read('fastify_zitadel.credentials.expiry')), [{ value: 3000 }])
  t.same(await telemetry[1].read('fastify_zitadel.credentials.expiry'), [])
})

t.test('events of ZITADEL are counted', async (t) => {
  const { app, clock } = await startGuardedApp(t, { options: { events: { path: '/events', signingKey: SIGNING_KEY } } })
  const telemetry = startTelemetry(t)
  instrument(app, telemetry)
  for (const body of [findRecorded('user.grant.added'), findRecorded('user.grant.removed', { sequence: 5 }), findRecorded('project.role.added'), {}]) {
    const payload = JSON.stringify(body)
    await app.inject({ method: 'POST', url: '/events', headers: { 'zitadel-signature': sign(payload, clock.seconds) }, payload })
  }
  t.strictSame(toRows(await telemetry.read('fastify_zitadel.events')).filter((row) => (row as { value: number }).value > 0), [
    { value: 2, 'fastify_zitadel.outcome': 'applied', 'fastify_zitadel.target': 'sub' },
    { value: 1, 'fastify_zitadel.outcome': 'ignored' },
    { value: 1, 'fastify_zitadel.outcome': 'rejected', 'fastify_zitadel.reason': 'malformed' }
  ])
  t.strictSame(toRows(await telemetry.read('fastify_zitadel.events.missed')), [{ value: 3 }])
  clock.advance(90)
  t.strictSame(toRows(await telemetry.read('fastify_zitadel.events.silence')), [{ value: 90 }])
  await app.inject({ method: 'POST', url: '/events', payload: '{}' })
  t.strictSame(toRows(await telemetry.read('fastify_zitadel.events.silence')), [{ value: 90 }], 'a rejected webhook ends no silence')
})

t.test('logout tokens are counted', async (t) => {
  const { app, standIn } = await startProxiedApp(t, { backChannelLogout: { path: '/logout', clientId: '280000000000000100' } })
  const telemetry = startTelemetry(t)
  instrument(app, telemetry)
  const token = await standIn.createLogoutToken()
  for (let i = 0; i < 2; i++) await app.inject({ method: 'POST', url: '/logout', headers: { 'content-type': 'application/x-www-form-urlencoded' }, payload: `logout_token=${token}` })
  t.strictSame(toRows(await telemetry.read('fastify_zitadel.logouts')).filter((row) => (row as { value: number }).value > 0), [{ value: 1, 'fastify_zitadel.outcome': 'applied' }, { value: 1, 'fastify_zitadel.outcome': 'rejected', 'fastify_zitadel.reason': 'replay' }])
})

t.test('counters of the parts in use start with 0, so that Prometheus records the first increase', async (t) => {
  const names = ['outages', 'credentials.changes', 'forgets', 'forgets.verdicts', 'events', 'events.missed', 'logouts']
  const listSeries = async (app: FastifyInstance): Promise<Record<string, string[]>> => {
    const telemetry = startTelemetry(t)
    instrument(app, telemetry)
    const all = await telemetry.readAll()
    return Object.fromEntries(names.map((name) => {
      const points = all.get(`fastify_zitadel.${name}`) ?? []
      t.same(points.filter(({ value }) => value !== 0), [], name)
      return [name, points.map(({ attributes }) => Object.values(attributes).join(' '))]
    }))
  }
  const [{ app: full }, { app: bare }] = [await startProxiedApp(t, { events: { path: '/events', signingKey: SIGNING_KEY }, backChannelLogout: { path: '/logout', clientId: '280000000000000100' } }), await startGuardedApp(t)]
  const forgets = ['forget call token', 'forget call sub', 'forget call jti', 'doubt event all', 'doubt event sub', 'doubt event session', 'doubt event jti', 'doubt logout sub', 'doubt logout session']
  t.same(await listSeries(full), {
    outages: ['failed', 'opened', 'closed'],
    'credentials.changes': ['replaced', 'kept', 'rejected'],
    forgets,
    'forgets.verdicts': forgets,
    events: ['applied all', 'applied sub', 'applied session', 'applied jti', 'ignored', 'rejected signature', 'rejected malformed', 'rejected other-instance', 'rejected replay'],
    'events.missed': [''],
    logouts: ['applied', 'rejected malformed', 'rejected signature', 'rejected issuer', 'rejected audience', 'rejected time', 'rejected claims', 'rejected replay', 'rejected keys']
  })
  t.same(await listSeries(bare), { outages: ['failed'], 'credentials.changes': [], forgets: forgets.slice(0, 3), 'forgets.verdicts': forgets.slice(0, 3), events: [], 'events.missed': [], logouts: [] })
})

t.test('a metric of a part that is not in use is absent', async (t) => {
  const { app, zitadel } = await startGuardedApp(t)
  const telemetry = startTelemetry(t)
  instrument(app, telemetry)
  await zitadel().introspect('good')
  const names = [...(await telemetry.readAll()).keys()].map((name) => name.slice('fastify_zitadel.'.length))
  t.same(names.sort(), ['cache.entries', 'cache.size', 'forgets', 'forgets.verdicts', 'introspection.active', 'introspection.duration', 'introspection.queued', 'introspection.wait', 'outages'])
})

t.test('open and ended streams are counted by route', async (t) => {
  let token = 'good'
  const { app, get } = await startGuardedApp(t, { responses: { other: () => isActive ? activeResponse({ sub: 'ben' }) : { active: false } }, options: { unmatched: 'protected', tokenFrom: () => token } })
  let isActive = true
  const cancels: Array<() => void> = []
  let onEnded = (_reason: string): void => {}
  const ended = new Promise<string>((resolve) => { onEnded = resolve })
  const watch = async (request: FastifyRequest): Promise<string> => {
    cancels.push(app.zitadel.onEnd(request, onEnded))
    return 'served'
  }
  app.get('/feed/:id', { config: { scopes: [] } }, watch)
  // The request has two tokens.
  app.get('/two', { config: { scopes: [] }, onRequest: [async () => { token = 'other' }, app.zitadel.require({ scopes: [] })] }, watch)
  app.setNotFoundHandler(watch)
  await app.ready()
  const telemetry = startTelemetry(t)
  instrument(app, telemetry)
  const readOpen = async (): Promise<object> => Object.fromEntries((await telemetry.read('fastify_zitadel.streams.open')).map(({ value, attributes }) => ['http.route' in attributes ? attributes['http.route'] : 'none', value]))
  t.same(await readOpen(), {})
  for (const url of ['/feed/1', '/feed/2', '/feed/3', '/missing', '/two']) await get(url, null)
  t.same(await readOpen(), { '/feed/:id': 3, none: 1, '/two': 1 })
  cancels[0]!()
  cancels[0]!()
  t.same(await readOpen(), { '/feed/:id': 2, none: 1, '/two': 1 })
  isActive = false
  await app.zitadel.forget({ token: 'other' })
  t.equal(await ended, 'revoked')
  cancels.at(-1)!()
  t.same(await readOpen(), { '/feed/:id': 2, none: 1, '/two': 0 })
  t.strictSame(toRows(await telemetry.read('fastify_zitadel.streams.ended')).filter((row) => (row as { value: number }).value > 0), [{ value: 1, 'http.route': '/two', 'fastify_zitadel.reason': 'revoked' }])
  t.equal((await telemetry.read('fastify_zitadel.streams.ended')).length, 9, 'each reason, for each route')
})

t.test('an introspection has a span that is a child of the active span', async (t) => {
  enableContext(t)
  let activeSpanId: string | undefined
  const { app, get } = await startGuardedApp(t, {
    responses: { traced: () => { activeSpanId = trace.getActiveSpan()?.spanContext().spanId; return { active: true, sub: 'secret-user' } } }
  })
  app.get('/', { config: { scopes: [] } }, async () => 'served')
  await app.ready()
  const telemetry = startTelemetry(t)
  instrument(app, telemetry)
  const request = telemetry.tracerProvider.getTracer('test').startSpan('request')
  await context.with(trace.setSpan(context.active(), request), async () => await get('/', 'traced'))
  const [span] = telemetry.spans()
  t.match(span, { name: 'zitadel introspection', kind: 0, parentSpanContext: { spanId: request.spanContext().spanId }, status: { code: SpanStatusCode.UNSET } })
  t.strictSame(span!.attributes, { 'fastify_zitadel.token.known': false, 'fastify_zitadel.outcome': 'active', 'fastify_zitadel.introspection.requests': 1 })
  t.equal(activeSpanId, span!.spanContext().spanId, 'the HTTP request runs inside the span')
  await get('/', 'traced')
  await get('/', 'unknown')
  t.same(telemetry.spans().map(({ status }) => status.code), [SpanStatusCode.UNSET, SpanStatusCode.UNSET], 'a cached token has no span, and an inactive token is no error')
})

t.test('an outage is an error of the span', async (t) => {
  const { app, standIn, ask } = await startProxiedApp(t, { retry: false })
  const telemetry = startTelemetry(t)
  instrument(app, telemetry)
  standIn.fail('bad-gateway')
  await ask()
  standIn.fail('reset')
  await ask('other')
  t.match(telemetry.spans(), [
    { status: { code: SpanStatusCode.ERROR, message: /502/ }, attributes: { 'error.type': '502', 'fastify_zitadel.outcome': 'failed' } },
    { status: { code: SpanStatusCode.ERROR, message: /no answer/ }, attributes: { 'error.type': 'FST_ZITADEL_UNAVAILABLE', 'fastify_zitadel.outcome': 'failed' } }
  ])
})

t.test('nothing that a caller chooses becomes the value of an attribute', async (t) => {
  const { app, standIn } = await startProxiedApp(t, { retry: false, unmatched: 'protected' })
  app.get('/orders/:id', { config: { roles: ['admin'] } }, async () => 'served')
  await app.ready()
  const telemetry = startTelemetry(t)
  instrument(app, telemetry)
  const canaries: string[] = []
  const readAttributes = async (): Promise<string[]> => [...await telemetry.readAll()].flatMap(([name, points]) => points.map(({ attributes }) => `${name} ${JSON.stringify(attributes)}`)).sort()
  const attack = async (round: number): Promise<void> => {
    const canary = `canary${round}`
    const token = await standIn.issueToken({ sub: `user-${canary}`, clientId: `client-${canary}`, roles: [`role-${canary}`] })
    canaries.push(canary, token)
    for (const authorization of [`Bearer ${token}`, `Bearer ${canary}`, `Basic ${canary}`, `Bearer ${canary} ${canary}`]) {
      for (const url of [`/orders/${canary}`, `/${canary}`, `/orders/${canary}?access_token=${canary}`]) {
        await app.inject({ url, headers: { authorization, 'x-request-id': canary, host: `${canary}.example`, 'user-agent': canary } })
      }
    }
    standIn.fail({ status: 500, body: canary, headers: { 'x-request-id': canary } }, { times: 1 })
    await app.inject({ url: '/orders/1', headers: { authorization: `Bearer ${canary}-outage` } })
  }
  await attack(1)
  const before = await readAttributes()
  for (let round = 2; round < 8; round++) await attack(round)
  const after = await readAttributes()
  t.same(after, before, 'more callers make no more series')
  const written = after.join('\n') + JSON.stringify(telemetry.spans().map(({ name, attributes, events }) => ({ name, attributes, events })))
  for (const canary of canaries) t.notMatch(written, canary)
})

t.test('instrument() ends with its function, or when the server closes', async (t) => {
  const { app, get } = await startGuardedApp(t)
  app.get('/', async () => 'served')
  const telemetry = startTelemetry(t)
  const end = instrument(app, telemetry)
  t.throws(() => instrument(app, telemetry), { code: 'FST_ZITADEL_OPTION', message: /instrumented already/ })
  await get('/')
  t.equal(telemetry.spans().length, 1)
  end()
  end()
  await get('/', 'other')
  t.equal(telemetry.spans().length, 1)
  instrument(app, telemetry)
  await get('/', 'third')
  t.equal(telemetry.spans().length, 2)
  await app.close()
  await app.zitadel.introspect('fourth')
  t.equal(telemetry.spans().length, 2)
})

t.test('after instrument() has ended, all metrics keep their values', async (t) => {
  const { app, get, standIn, zitadel } = await startProxiedApp(t, { retry: false, events: { path: '/events', signingKey: SIGNING_KEY }, backChannelLogout: { path: '/logout', clientId: '280000000000000100' } })
  const telemetry = startTelemetry(t)
  const end = instrument(app, telemetry)
  const readRows = async (): Promise<object> => Object.fromEntries([...await telemetry.readAll()].map(([name, points]) => [name, points.map(({ value, attributes }) => [value, attributes])]))
  const cause = async (): Promise<void> => {
    await get(await standIn.issueToken())
    await zitadel.forget({ sub: 'ada' })
    for (const url of ['/events', '/logout']) await app.inject({ method: 'POST', url, headers: { 'content-type': 'application/x-www-form-urlencoded' }, payload: '{}' })
    standIn.fail({ status: 503 }, { times: 1 })
    await get('outage')
    await zitadel.reload()
  }
  await cause()
  const before = await readRows()
  t.equal(Object.keys(before).length, 17, 'all metrics but those of the shared cache, of the expiry of the key and of streams')
  end()
  await cause()
  t.strictSame(await readRows(), before)
})

t.test('two registrations are measured apart', async (t) => {
  const first = await startGuardedApp(t)
  const second = await startGuardedApp(t)
  const telemetry = [startTelemetry(t), startTelemetry(t)] as const
  instrument(first.app, telemetry[0])
  instrument(second.app, telemetry[1])
  await first.zitadel().introspect('good')
  const count = async (index: 0 | 1): Promise<number> => (await telemetry[index].read('fastify_zitadel.introspection.duration')).length
  t.same([await count(0), await count(1)], [1, 0])
})

t.test('instrument() refuses an instance without the plugin', async (t) => {
  for (const app of [{}, undefined, { zitadel: {} }, { zitadel: null }]) {
    t.throws(() => instrument(app as never), { code: 'FST_ZITADEL_OPTION', message: /await app.register\(zitadel\) first/ })
  }
})

t.test('the global providers are the default', async (t) => {
  const telemetry = startTelemetry(t)
  metrics.setGlobalMeterProvider(telemetry.meterProvider)
  trace.setGlobalTracerProvider(telemetry.tracerProvider)
  t.teardown(() => { metrics.disable(); trace.disable() })
  const { app, zitadel } = await startGuardedApp(t)
  t.teardown(instrument(app))
  await zitadel().introspect('good')
  t.equal(telemetry.spans().length, 1)
  t.equal((await telemetry.read('fastify_zitadel.introspection.duration')).length, 1)
})

t.test('options that would be ignored are refused', async (t) => {
  const { app } = await startGuardedApp(t)
  const { meterProvider } = startTelemetry(t)
  for (const options of [null, 5, 'x']) t.throws(() => instrument(app, options as never), { code: 'FST_ZITADEL_OPTION', message: 'instrument(): the options must be an object { meterProvider, tracerProvider }' })
  for (const options of [{ meterprovider: meterProvider }, meterProvider, [meterProvider]]) t.throws(() => instrument(app, options as never), { code: 'FST_ZITADEL_OPTION', message: 'instrument(): none of the options is known: expected meterProvider or tracerProvider' })
  for (const wrong of [null, 5, {}, meterProvider.getMeter('x')]) t.throws(() => instrument(app, { meterProvider: wrong } as never), { code: 'FST_ZITADEL_OPTION', message: 'instrument(): "meterProvider" must be a provider with a method getMeter' })
  t.throws(() => instrument(app, { tracerProvider: meterProvider } as never), { code: 'FST_ZITADEL_OPTION', message: 'instrument(): "tracerProvider" must be a provider with a method getTracer' })
  t.doesNotThrow(() => instrument(app, { meterProvider, tracerProvider: undefined }), 'a refused call has instrumented nothing')
})
