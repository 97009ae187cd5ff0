import t from 'tap'
import { startStandIn } from '../../lib/testing/index.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { basic, startConnectedApp } from '../fixtures/test-app.ts'
import { Gate, send, startPeer } from '../fixtures/peer.ts'

t.test('check() succeeds if ZITADEL accepts this API', async (t) => {
  const standIn = await startStandIn()
  t.teardown(() => standIn.close())
  const { zitadel } = await startConnectedApp(t, { issuer: standIn.issuer, credentials: standIn.credentials })
  t.same(await zitadel.check(), { ok: true })
  t.equal(standIn.requests[0]!.status, 200)
})

t.test('check() returns the reason, and whether ZITADEL or this API is the cause', async (t) => {
  const clock = new ManualClock()
  const standIn = await startStandIn({ clock: clock.wall })
  t.teardown(() => standIn.close())
  const { zitadel, errors } = await startConnectedApp(t, { issuer: standIn.issuer, credentials: standIn.credentials }, clock)
  standIn.api.deactivate()
  t.match(await zitadel.check(), { ok: false, code: 'FST_ZITADEL_CLIENT_REJECTED', reason: /^ZITADEL rejects this API's credentials \(400 unauthorized_client\)/ })
  t.equal(errors.length, 1)
  clock.advance(5)
  standIn.fail('bad-gateway')
  t.same(await zitadel.check(), { ok: false, code: 'FST_ZITADEL_UNAVAILABLE', reason: 'ZITADEL answered 502: check ZITADEL and the proxies in front of it' })
})

t.test('a thousand simultaneous checks cause one introspection', async (t) => {
  const gate = new Gate()
  const peer = await startPeer(t, async () => {
    await gate.opened
    return { active: false }
  })
  const { zitadel } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic })
  const first = zitadel.check()
  await peer.waitFor(1)
  const others = Array.from({ length: 999 }, async () => await zitadel.check())
  gate.open()
  t.same(new Set((await Promise.all([first, ...others])).map(({ ok }) => ok)), new Set([true]))
  t.equal(peer.asked.length, 1)
})

t.test('later checks join a running check of any duration', async (t) => {
  const clock = new ManualClock()
  const gate = new Gate()
  const peer = await startPeer(t, async () => {
    await gate.opened
    return { active: false }
  })
  const { zitadel } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic }, clock)
  const first = zitadel.check()
  await peer.waitFor(1)
  clock.advance(60)
  const second = zitadel.check()
  gate.open()
  t.same([await first, await second], [{ ok: true }, { ok: true }])
  clock.advance(4.999)
  await zitadel.check()
  t.equal(peer.asked.length, 1, 'and remembered from its answer on')
})

for (const outcome of ['good', 'bad']) {
  t.test(`a ${outcome} result is cached for 5 s of monotonic time`, async (t) => {
    const clock = new ManualClock()
    const peer = await startPeer(t, ({ response }) => outcome === 'good' ? { active: false } : send(response, 500, ''))
    const { zitadel } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic }, clock)
    const first = await zitadel.check()
    t.equal(first.ok, outcome === 'good')
    clock.jump(86_400)
    clock.advance(4.999)
    t.same(await zitadel.check(), first)
    t.equal(peer.asked.length, 1)
    clock.advance(0.001)
    t.same(await zitadel.check(), first)
    t.equal(peer.asked.length, 2)
  })
}

t.test('check() sends its request while the circuit is open, and a success closes it', async (t) => {
  const clock = new ManualClock()
  const standIn = await startStandIn({ clock: clock.wall })
  t.teardown(() => standIn.close())
  const { zitadel, ask } = await startConnectedApp(t, { issuer: standIn.issuer, credentials: standIn.credentials }, clock)
  const token = await standIn.issueToken()
  standIn.api.deactivate()
  t.equal(await ask(token), 'FST_ZITADEL_CLIENT_REJECTED')
  standIn.api.activate()
  t.equal(await ask(token), 'FST_ZITADEL_CLIENT_REJECTED', 'paused')
  t.same(await zitadel.check(), { ok: true })
  t.equal(await ask(token), 'active')
})

t.test('a check that fails opens the circuit, like any other introspection', async (t) => {
  const clock = new ManualClock()
  const standIn = await startStandIn({ clock: clock.wall })
  t.teardown(() => standIn.close())
  const { zitadel, ask } = await startConnectedApp(t, { issuer: standIn.issuer, credentials: standIn.credentials }, clock)
  standIn.api.deactivate()
  await zitadel.check()
  const { length } = standIn.requests
  t.equal(await ask(), 'FST_ZITADEL_CLIENT_REJECTED')
  t.equal(standIn.requests.length, length)
})
