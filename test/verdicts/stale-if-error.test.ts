import t from 'tap'
import { INACTIVE, OK, STALE, basic, startProxiedApp, startTestApp, unavailable } from '../fixtures/test-app.ts'
import { answerOf, type Mode } from '../fixtures/fault-proxy.ts'
import { Gate, send, startPeer } from '../fixtures/peer.ts'

const OUTAGES: Record<string, Mode> = {
  'connections are reset': 'rst-on-request',
  'connections end': 'fin',
  'answers are cut off': 'rst-mid-body',
  'nothing is answered in time': 'silence',
  'answers never end in time': 'slow-drip',
  'a 500 is answered': answerOf(500, '{"error":"server_error"}'),
  'a 502 is answered': answerOf(502, '<html>'),
  'a 503 is answered': answerOf(503, '')
}

// They wait for their time-outs side by side.
t.jobs = 4

for (const [what, fault] of Object.entries(OUTAGES)) {
  t.test(`while ${what}, what was active is used past its ttl, and says so`, { buffered: true }, async (t) => {
    const { proxy, clock, get, lines, standIn } = await startProxiedApp(t, { staleIfError: 60, timeout: 1000 })
    const token = await standIn.issueToken()
    t.same(await get(token), OK)
    proxy.mode = fault
    clock.advance(29.999)
    t.same(await get(token), OK)
    clock.advance(0.002)
    t.same(await get(token), STALE)
    t.same(lines.map(({ level, code }) => [level, code]), [[40, 'FST_ZITADEL_UNAVAILABLE'], [40, 'FST_ZITADEL_STALE']])
    t.match(lines[1]!.msg, /verdicts are used past their ttl \(option "staleIfError"\)/)
    t.same(await get('stranger'), { ...unavailable(), retryAfter: '5' }, 'nobody else gets in')
    clock.advance(59.998)
    t.same(await get(token), STALE)
    t.same((await get(token)), STALE)
    clock.advance(0.001)
    t.equal((await get(token)).status, 503, 'a bounded time')
    t.ok(lines.some(({ code, repeated }) => code === 'FST_ZITADEL_STALE' && repeated === undefined))
    proxy.mode = 'pass'
    clock.advance(5)
    t.same(await get(token), OK)
  })
}

t.test('also when nobody listens, and while the circuit is open', async (t) => {
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
  'a 429': answerOf(429, '', { 'Retry-After': '20' }),
  'a 403': answerOf(403, '<html>'),
  'a redirect': answerOf(302, ''),
  'refused credentials': answerOf(400, '{"error":"unauthorized_client"}'),
  'a 200 that is no answer': answerOf(200, '[]'),
  'an answer without end': 'endless-body'
}

for (const [what, fault] of Object.entries(NO_OUTAGES)) {
  t.test(`${what} is no reason to use a verdict past its ttl`, async (t) => {
    const { proxy, clock, get, standIn } = await startProxiedApp(t, { staleIfError: 60 })
    const token = await standIn.issueToken()
    t.same(await get(token), OK)
    proxy.mode = fault
    clock.advance(31)
    t.ok((await get(token)).status >= 500)
    t.ok((await get(token)).status >= 500, 'nor later')
  })
}

t.test('nor are limits of our own, which strangers can use up', async (t) => {
  const { clock, get, standIn } = await startProxiedApp(t, { staleIfError: 60, limits: { perSecond: 1, queue: 0 } })
  const token = await standIn.issueToken()
  t.same(await get(token), OK)
  clock.advance(31)
  t.same(await get('stranger'), INACTIVE)
  t.same(await get(token), unavailable(1))
})

t.test('never past the expiry of the token', async (t) => {
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

t.test('never after forget', async (t) => {
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

t.test('not even when what was forgotten was asked for at that moment, and its answer got lost', async (t) => {
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

t.test('never on a route with freshness, nor with cache: false', async (t) => {
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

t.test('any inactive answer ends it', async (t) => {
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

t.test('a token that was never active gets no further than before', async (t) => {
  const { proxy, clock, get } = await startProxiedApp(t, { staleIfError: 600 })
  t.same(await get('stranger'), INACTIVE)
  proxy.mode = 'rst-on-request'
  clock.advance(6)
  t.same(await get('stranger'), unavailable())
})

t.test('by default nothing is used past its ttl', async (t) => {
  const { proxy, clock, get, standIn } = await startProxiedApp(t)
  const token = await standIn.issueToken()
  t.same(await get(token), OK)
  proxy.mode = 'rst-on-request'
  clock.advance(31)
  t.same(await get(token), unavailable())
})

t.test('a long upload that forget finds under way is not let in with what was known', async (t) => {
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
  t.same(await upload(), [200, true], 'somebody else is')
  meanwhile = async () => await app.zitadel.forget({ sub: 'ada' })
  t.same(await upload(), [503, undefined])
})
