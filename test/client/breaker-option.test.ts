import t from 'tap'
import { createAnswer } from '../fixtures/fault-proxy.ts'
import { INACTIVE, OK, REJECTED, basic, startProxiedApp, startTestApp, unavailable } from '../fixtures/test-app.ts'
import { Gate, send, startPeer } from '../fixtures/peer.ts'

t.test('while ZITADEL fails repeatedly, callers get a 503 at once, with Retry-After', async (t) => {
  const { proxy, clock, get, lines } = await startProxiedApp(t, { retry: false })
  proxy.mode = 'rst-on-request'
  for (let index = 0; index < 5; index++) t.same(await get(`token-${index}`), unavailable(5))
  t.equal(proxy.requests(), 5)
  for (let index = 0; index < 100; index++) t.same(await get(`other-${index}`), unavailable(1))
  t.equal(proxy.requests(), 5)
  clock.advance(0.5)
  t.same(await get('probe'), unavailable(5))
  t.equal(proxy.requests(), 6)
  t.same(await get('next'), unavailable(1))
  clock.advance(10)
  t.same(await get('late'), unavailable(5))
  t.equal(lines.length, 2)
  t.match(lines[1], { level: 40, code: 'FST_ZITADEL_UNAVAILABLE', repeated: 106 })
  proxy.mode = 'pass'
  clock.advance(5)
  t.same(await get('well'), INACTIVE)
  t.same(await get('again'), INACTIVE)
})

t.test('new connections are opened when the circuit opens, because the old ones can be broken', async (t) => {
  const peer = await startPeer(t, ({ index, response }) => index < 5 ? send(response, 500, '') : { active: true })
  const { clock, get } = await startTestApp(t, { issuer: peer.origin, credentials: basic })
  for (let index = 0; index < 5; index++) await get(`token-${index}`)
  clock.advance(0.5)
  t.same(await get('token'), OK)
  const sockets = peer.asked.map(({ request }) => request.socket)
  t.notOk(sockets.slice(0, 5).includes(sockets[5]!))
})

t.test('one probe at a time is sent', async (t) => {
  const gate = new Gate()
  const peer = await startPeer(t, async ({ index, response }) => {
    if (index < 5) return send(response, 500, '')
    await gate.opened
    return { active: true }
  })
  const { clock, get } = await startTestApp(t, { issuer: peer.origin, credentials: basic })
  for (let index = 0; index < 5; index++) await get(`token-${index}`)
  clock.advance(0.5)
  const probe = get('probe')
  await peer.waitFor(6)
  clock.advance(0.9)
  t.same(await Promise.all(Array.from({ length: 20 }, async (_, index) => await get(`other-${index}`))), Array.from({ length: 20 }, () => unavailable(1)))
  gate.open()
  t.same(await probe, OK)
  t.equal(peer.asked.length, 6)
  t.same(await get('other'), OK)
})

t.test('requests in the queue fail too when the circuit opens, and are not sent', async (t) => {
  const gate = new Gate()
  const peer = await startPeer(t, async ({ response }) => {
    await gate.opened
    return send(response, 500, '')
  })
  const { get } = await startTestApp(t, { issuer: peer.origin, credentials: basic, limits: { concurrent: 5 } })
  const asked = Array.from({ length: 50 }, async (_, index) => await get(`token-${index}`))
  await peer.waitFor(4)
  gate.open()
  const answers = await Promise.all(asked)
  t.same(answers.map(({ status }) => status), answers.map(() => 503))
  t.ok(peer.asked.length < 10, `${peer.asked.length} went out`)
})

t.test('a request is not retried if the circuit has opened meanwhile', async (t) => {
  const gate = new Gate()
  const peer = await startPeer(t, async ({ form, response }) => {
    if (form.get('token') === 'slow') await gate.opened
    return send(response, form.get('token') === 'slow' ? 502 : 500, '')
  })
  const { get } = await startTestApp(t, { issuer: peer.origin, credentials: basic })
  const slow = get('slow')
  await peer.waitFor(1)
  for (let index = 0; index < 5; index++) await get(`token-${index}`)
  gate.open()
  t.same(await slow, unavailable(5))
  t.equal(peer.asked.length, 6)
})

t.test('with breaker: false every request is sent', async (t) => {
  const { proxy, get } = await startProxiedApp(t, { retry: false, breaker: false })
  proxy.mode = 'rst-on-request'
  for (let index = 0; index < 20; index++) t.same(await get(`token-${index}`), unavailable(5))
  t.equal(proxy.requests(), 20)
  proxy.mode = 'pass'
  t.same(await get('well'), INACTIVE)
})

t.test('responses that callers can cause do not open the circuit', async (t) => {
  const { proxy, get, standIn } = await startProxiedApp(t)
  for (const fault of [createAnswer(403, '<html>'), createAnswer(413, ''), createAnswer(400, '<html>'), createAnswer(200, '[]'), 'endless-body'] as const) {
    proxy.mode = fault
    for (let index = 0; index < 20; index++) t.ok((await get(`../../etc/passwd-${index}`)).status >= 500)
    proxy.mode = 'pass'
    t.same(await get(await standIn.issueToken()), OK)
  }
})

t.test('while the credentials are rejected, ten requests per minute are sent, and ten more with a new assertion', async (t) => {
  const { clock, get, lines, standIn, introspectionCount } = await startProxiedApp(t)
  t.same(await get(await standIn.issueToken()), OK)
  standIn.api.deactivate()
  t.same(await get('first'), REJECTED)
  const before = introspectionCount()
  for (let tick = 0; tick < 600; tick++) {
    t.same(await get(`token-${tick}`), REJECTED)
    clock.advance(0.1)
  }
  t.ok(introspectionCount() - before <= 20, `${introspectionCount() - before} questions`)
  t.ok(lines.length <= 7, `${lines.length} lines`)
  t.match(lines.at(-1), { level: 50, code: 'FST_ZITADEL_CLIENT_REJECTED', msg: /check that the key or secret exists/ })
  standIn.api.activate()
  clock.advance(6)
  t.same(await get(await standIn.issueToken()), OK)
})

const LIMITS: Array<[what: string, headers: Record<string, string>, seconds: number]> = [
  ['names the seconds', { 'Retry-After': '20' }, 20],
  ['names no time, as ZITADEL', {}, 5],
  ['names an invalid time', { 'Retry-After': 'soon' }, 5],
  ['names 0 seconds', { 'Retry-After': '0' }, 5],
  ['names a day', { 'Retry-After': '86400' }, 60],
  ['names a date of its own clock', { Date: 'Sun, 06 Nov 1994 08:00:00 GMT', 'Retry-After': 'Sun, 06 Nov 1994 08:00:40 GMT' }, 40]
]

for (const [what, headers, seconds] of LIMITS) {
  t.test(`after a 429 that ${what}, no request is sent for ${seconds} s`, async (t) => {
    const { proxy, clock, get, standIn } = await startProxiedApp(t)
    proxy.once(createAnswer(429, '', headers))
    t.same(await get('token'), unavailable(seconds))
    t.same(await get('token'), unavailable(seconds))
    clock.advance(seconds - 0.001)
    t.same(await get('token'), unavailable(1))
    t.equal(proxy.requests(), 1)
    clock.advance(0.001)
    t.same(await get(await standIn.issueToken()), OK)
  })
}

t.test('a Retry-After date without a Date header is compared with the local clock', async (t) => {
  const { proxy, clock, get } = await startProxiedApp(t)
  clock.jump(-(clock.wall() % 1000) / 1000)
  proxy.once(createAnswer(429, '', { 'Retry-After': new Date(clock.wall() + 30_000).toUTCString() }))
  await get('token')
  t.same(await get('token'), unavailable(30))
})

t.test('responses to earlier requests do not end a wait that the server requested', async (t) => {
  const gate = new Gate()
  const peer = await startPeer(t, async ({ form, response }) => {
    if (form.get('token') === 'limited') return send(response, 429, '', { 'retry-after': '20' })
    await gate.opened
    return { active: true }
  })
  const { clock, get } = await startTestApp(t, { issuer: peer.origin, credentials: basic })
  const slow = get('slow')
  await peer.waitFor(1)
  await get('limited')
  gate.open()
  t.same(await slow, OK)
  t.same(await get('next'), unavailable(20))
  clock.advance(20)
  t.same(await get('next'), OK)
})
