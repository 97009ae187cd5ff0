import t from 'tap'
import { INACTIVE, OK, STALE, basic, startProxiedApp, startTestApp, unavailable } from '../fixtures/test-app.ts'
import { createAnswer, type Mode } from '../fixtures/fault-proxy.ts'
import { Gate, send, startPeer } from '../fixtures/peer.ts'

const WAITS: Mode[] = ['silence', 'slow-drip']
const OUTAGES: Record<string, Mode> = {
  'ZITADEL does not respond in time': 'silence',
  'responses do not end in time': 'slow-drip',
  'ZITADEL resets connections': 'rst-on-request',
  'ZITADEL ends connections': 'fin',
  'responses are cut off': 'rst-mid-body',
  'ZITADEL responds with 500': createAnswer(500, '{"error":"server_error"}'),
  'ZITADEL responds with 502': createAnswer(502, '<html>'),
  'ZITADEL responds with 503': createAnswer(503, '')
}

// The two that wait for timeouts come first, so that they wait at the same time.
t.test('with staleIfError', { jobs: 3 }, async (t) => {
  for (const [what, fault] of Object.entries(OUTAGES)) {
    t.test(`while ${what}, an active verdict is used past its ttl, and the log says so`, async (t) => {
      const { proxy, clock, get, lines, standIn } = await startProxiedApp(t, { staleIfError: 60, timeout: WAITS.includes(fault) ? 1000 : 5000 })
      const token = await standIn.issueToken()
      t.same(await get(token), OK)
      proxy.mode = fault
      clock.advance(29.999)
      t.same(await get(token), OK)
      clock.advance(0.002)
      t.same(await get(token), STALE)
      t.same(lines.map(({ level, code }) => [level, code]), [[40, 'FST_ZITADEL_UNAVAILABLE'], [40, 'FST_ZITADEL_STALE']])
      t.match(lines[1]!.msg, /verdicts are used past their ttl \(option "staleIfError"\)/)
      clock.advance(59.998)
      t.same(await Promise.all([get(token), get('unknown')]), [STALE, unavailable()], 'an unknown token is not accepted')
      clock.advance(0.001)
      t.equal((await get(token)).status, 503, 'the time is bounded')
      t.ok(lines.some(({ code, repeated }) => code === 'FST_ZITADEL_STALE' && repeated === undefined))
      proxy.mode = 'pass'
      clock.advance(5)
      t.same(await get(token), OK)
    })
  }
})

t.test('an active verdict is used past its ttl if ZITADEL refuses connections, and while the circuit is open', async (t) => {
  const { proxy, clock, get, standIn, lines } = await startProxiedApp(t, { staleIfError: 60 })
  const token = await standIn.issueToken()
  t.same(await get(token), OK)
  await proxy.stop()
  clock.advance(31)
  for (let index = 0; index < 20; index++) t.same(await get(token), STALE)
  t.equal(lines.length, 2)
  clock.advance(10)
  t.same(await get(token), STALE)
  t.match(lines.at(-1), { code: 'FST_ZITADEL_STALE', repeated: 19 })
})

const NO_OUTAGES: Record<string, Mode> = {
  'a 429': createAnswer(429, '', { 'Retry-After': '20' }),
  'a 403': createAnswer(403, '<html>'),
  'a redirect': createAnswer(302, ''),
  'a rejection of the credentials': createAnswer(400, '{"error":"unauthorized_client"}'),
  'a 200 without an introspection response': createAnswer(200, '[]'),
  'a response without an end': 'endless-body'
}

for (const [what, fault] of Object.entries(NO_OUTAGES)) {
  t.test(`after ${what}, a verdict is not used past its ttl`, async (t) => {
    const { proxy, clock, get, standIn } = await startProxiedApp(t, { staleIfError: 60 })
    const token = await standIn.issueToken()
    t.same(await get(token), OK)
    proxy.mode = fault
    clock.advance(31)
    t.ok((await get(token)).status >= 500)
    t.ok((await get(token)).status >= 500, 'a later request too')
  })
}

t.test('a verdict is not used past its ttl if a limit of this API is reached, because callers can cause that', async (t) => {
  const { clock, get, standIn } = await startProxiedApp(t, { staleIfError: 60, limits: { perSecond: 1, queue: 0 } })
  const token = await standIn.issueToken()
  t.same(await get(token), OK)
  clock.advance(31)
  t.same(await get('unknown'), INACTIVE)
  t.same(await get(token), unavailable(1))
})

t.test('a verdict is not used past the expiry of its token', async (t) => {
  const { app, proxy, clock, get, standIn } = await startProxiedApp(t, { staleIfError: 600 })
  const token = await standIn.issueToken({ lifetime: 60 })
  t.same(await get(token), OK)
  proxy.mode = 'rst-on-request'
  clock.advance(59)
  t.same(await get(token), STALE)
  clock.advance(2)
  t.same(await get(token), INACTIVE)
  t.equal(await app.zitadel.introspect(token), null)
})

t.test('a forgotten verdict is not used', async (t) => {
  const { app, proxy, clock, get, standIn } = await startProxiedApp(t, { staleIfError: 600 })
  const [one, two, three] = [await standIn.issueToken({ sub: 'ada' }), await standIn.issueToken({ sub: 'ada' }), await standIn.issueToken({ sub: 'ben' })]
  for (const token of [one, two, three]) t.same(await get(token), OK)
  clock.advance(31)
  proxy.mode = 'rst-on-request'
  await app.zitadel.forget({ token: one })
  t.same(await get(one), unavailable())
  t.same(await get(two), STALE)
  await app.zitadel.forget({ sub: 'ada' })
  t.equal((await get(two)).status, 503)
  t.same(await get(three), STALE)
})

t.test('a verdict that is forgotten during its introspection is not used if the introspection fails', async (t) => {
  const gate = new Gate()
  const peer = await startPeer(t, async ({ index, response }) => {
    if (index === 0) return { active: true, sub: 'ada' }
    await gate.opened
    return send(response, 500, '')
  })
  const { app, clock, get } = await startTestApp(t, { issuer: peer.origin, credentials: basic, staleIfError: 600 })
  t.same(await get('token'), OK)
  clock.advance(31)
  const asked = get('token')
  await peer.waitFor(2)
  await app.zitadel.forget({ sub: 'ada' })
  gate.open()
  t.same(await asked, unavailable())
})

t.test('a verdict is not used past its ttl on a route with freshness, and with cache: false', async (t) => {
  const { proxy, clock, get, standIn } = await startProxiedApp(t, { staleIfError: 600 })
  const token = await standIn.issueToken()
  t.same(await get(token), OK)
  proxy.mode = 'rst-on-request'
  t.same(await get(token, '/fresh'), unavailable())
  clock.advance(11)
  t.same(await get(token, '/recent'), unavailable())
  clock.advance(20)
  t.same(await get(token), STALE)

  const uncached = await startProxiedApp(t, { staleIfError: 600, cache: false })
  const other = await uncached.standIn.issueToken()
  t.same(await uncached.get(other), OK)
  uncached.proxy.mode = 'rst-on-request'
  t.same(await uncached.get(other), unavailable())
})

t.test('after an inactive response, the previous verdict is not used', async (t) => {
  const { proxy, clock, get, standIn } = await startProxiedApp(t, { staleIfError: 600 })
  const token = await standIn.issueToken()
  t.same(await get(token), OK)
  clock.advance(31)
  proxy.mode = 'rst-on-request'
  t.same(await get(token), STALE)
  proxy.mode = 'pass'
  standIn.revoke(token)
  t.same(await get(token), INACTIVE)
  proxy.mode = 'rst-on-request'
  clock.advance(6)
  t.same(await get(token), unavailable())
})

t.test('a token that was never active is not accepted during an outage', async (t) => {
  const { proxy, clock, get } = await startProxiedApp(t, { staleIfError: 600 })
  t.same(await get('unknown'), INACTIVE)
  proxy.mode = 'rst-on-request'
  clock.advance(6)
  t.same(await get('unknown'), unavailable())
})

t.test('by default, no verdict is used past its ttl', async (t) => {
  const { proxy, clock, get, standIn } = await startProxiedApp(t)
  const token = await standIn.issueToken()
  t.same(await get(token), OK)
  proxy.mode = 'rst-on-request'
  clock.advance(31)
  t.same(await get(token), unavailable())
})

t.test('an upload whose token is forgotten meanwhile is not accepted with a stale verdict', async (t) => {
  const { app, proxy, clock, get, standIn } = await startProxiedApp(t, { staleIfError: 600 })
  const [token, other] = [await standIn.issueToken({ sub: 'ada' }), await standIn.issueToken({ sub: 'ben' })]
  let meanwhile = async (): Promise<void> => {}
  app.post('/upload', { config: { scopes: [] }, preParsing: async () => { await meanwhile() } }, async (request) => ({ stale: request.zitadel.stale }))
  const upload = async (): Promise<unknown> => {
    const { statusCode, body } = await app.inject({ method: 'POST', url: '/upload', headers: { authorization: `Bearer ${token}` }, payload: { some: 'thing' } })
    return [statusCode, JSON.parse(body).stale]
  }
  for (const one of [token, other]) t.same(await get(one), OK)
  clock.advance(31)
  proxy.mode = 'rst-on-request'
  t.same(await upload(), [200, true])
  meanwhile = async () => await app.zitadel.forget({ sub: 'ben' })
  t.same(await upload(), [200, true], 'after another user was forgotten, it is accepted')
  meanwhile = async () => await app.zitadel.forget({ sub: 'ada' })
  t.same(await upload(), [503, undefined])
})
