import t from 'tap'
import { randomUUID } from 'node:crypto'
import { startStandIn } from '../../lib/testing/index.ts'
import { REJECTED, basic, startTestApp, unavailable } from '../fixtures/test-app.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { send, startPeer } from '../fixtures/peer.ts'

const IDS: Record<string, string> = {
  'a UUID': randomUUID(),
  'an xid': 'd1g2v3k4l5m6n7o8p9q0',
  'a number': '123456',
  '16 bytes in hexadecimal': '0af7651916cd43dd8448eb211c80319c'
}

for (const [what, id] of Object.entries(IDS)) {
  t.test(`the line of a failure names ZITADEL's x-request-id (${what})`, async (t) => {
    const peer = await startPeer(t, ({ index, response }) => send(response, index === 0 ? 500 : 400, '{"error":"invalid_client"}', { 'x-request-id': id }))
    const { get, lines } = await startTestApp(t, { issuer: peer.origin, credentials: basic })
    t.same(await get('token'), unavailable())
    t.same(await get('token'), REJECTED)
    for (const { msg } of lines) t.match(msg, ` [x-request-id ${id}]: check `)
    t.equal(lines.length, 2)
  })
}

const NO_IDS = ['', 'x'.repeat(20), 'two words', `${randomUUID()}\u00e9`, 'eyJhbGciOiJIUzI1NiJ9', '1, 2']
for (const id of NO_IDS) {
  t.test(`a value that is no request id is not quoted (${JSON.stringify(id)})`, async (t) => {
    const peer = await startPeer(t, ({ response }) => send(response, 500, '', { 'x-request-id': id }))
    const { get, lines } = await startTestApp(t, { issuer: peer.origin, credentials: basic })
    await get('token')
    t.match(lines[0]!.msg, /^fastify-zitadel: ZITADEL answered 500: check/)
  })
}

t.test('a request id that is part of the request is not quoted', async (t) => {
  const token = randomUUID()
  const peer = await startPeer(t, ({ form, response }) => send(response, 500, '', { 'x-request-id': form.get('token')! }))
  const { get, lines } = await startTestApp(t, { issuer: peer.origin, credentials: basic })
  await get(token)
  t.notMatch(JSON.stringify(lines), token)
})

t.test('many failures with different request ids are one line, and then a count', async (t) => {
  const peer = await startPeer(t, ({ response }) => send(response, 500, '', { 'x-request-id': randomUUID() }))
  const { clock, get, lines } = await startTestApp(t, { issuer: peer.origin, credentials: basic, breaker: false })
  for (let index = 0; index < 50; index++) await get(`token-${index}`)
  t.equal(lines.length, 1)
  clock.advance(10)
  await get('token')
  t.match(lines, [{ code: 'FST_ZITADEL_UNAVAILABLE' }, { code: 'FST_ZITADEL_UNAVAILABLE', repeated: 49 }])
})

t.test('a line says that introspections succeed again after the circuit was open, after the count of failures, and none does after a single failure', async (t) => {
  let status = 500
  const peer = await startPeer(t, ({ response }) => status === 200 ? { active: true } : send(response, status, ''))
  const { app, clock, get, lines } = await startTestApp(t, { issuer: peer.origin, credentials: basic, retry: false })
  app.log.level = 'info'
  await get('token')
  status = 200
  await get('other')
  t.match(lines, [{ level: 40 }])
  t.equal(lines.length, 1)
  for (status = 500; peer.asked.length < 7;) await get(`token-${peer.asked.length}`)
  status = 200
  clock.advance(1)
  await get('token')
  await get('another')
  await app.close()
  t.match(lines.slice(1), [
    { level: 40, code: 'FST_ZITADEL_UNAVAILABLE', repeated: 5 },
    { level: 30, code: 'FST_ZITADEL_AVAILABLE', msg: 'fastify-zitadel: introspections succeed again' }
  ])
  t.equal(lines.length, 3)
})

for (const [ahead, words] of [[90, '90 s ahead of'], [-4000, '4000 s behind']] as const) {
  t.test(`a clock that is ${words} ZITADEL's is named if the assertion is rejected`, async (t) => {
    const theirs = new ManualClock()
    const ours = new ManualClock()
    const standIn = await startStandIn({ clock: theirs.wall })
    t.teardown(() => standIn.close())
    // Its HTTP server dates answers by the clock of this machine.
    ours.jump((Math.floor(Date.now() / 1000) * 1000 - ours.wall()) / 1000 + ahead)
    const { get, lines } = await startTestApp(t, { issuer: standIn.issuer, credentials: standIn.credentials }, ours)
    t.same(await get('token'), REJECTED)
    t.match(lines[0]!.msg, /; this machine's clock is \d+ s (ahead of|behind) ZITADEL's$/)
    const [, seconds, direction] = /clock is (\d+) s (ahead of|behind)/.exec(lines[0]!.msg)!
    t.ok(Math.abs(Number(seconds) - Math.abs(ahead)) < 30)
    t.equal(direction, words.replace(/^\d+ s /, ''))
  })
}

t.test('a correct clock, and one that cannot be compared, is not named', async (t) => {
  for (const date of [new Date().toUTCString(), 'some day']) {
    const peer = await startPeer(t, ({ response }) => send(response, 400, '{"error":"unauthorized_client"}', { date }))
    const clock = new ManualClock()
    clock.jump((Date.parse(date) - clock.wall()) / 1000 || 0)
    const { get, lines } = await startTestApp(t, { issuer: peer.origin, credentials: basic }, clock)
    t.same(await get('token'), REJECTED)
    t.notMatch(lines[0]!.msg, /clock/)
  }
})
