import t from 'tap'
import type { ServerResponse } from 'node:http'
import { ManualClock } from '../fixtures/clock.ts'
import { basic, startConnectedApp } from '../fixtures/test-app.ts'
import { Gate, send, startPeer, type Reply } from '../fixtures/peer.ts'

const refusing = (status: number, error: string) => (response: ServerResponse): Reply => send(response, status, JSON.stringify({ error }))

const LASTING: Record<string, (response: ServerResponse) => Reply> = {
  '400 unauthorized_client': refusing(400, 'unauthorized_client'),
  '401 invalid_client': refusing(401, 'invalid_client'),
  'a 404': (response) => send(response, 404, 'unable to set instance'),
  'another issuer': () => ({ active: true, iss: 'https://other.example' })
}

for (const [what, answer] of Object.entries(LASTING)) {
  t.test(`after ${what}, no request is sent for 6 s of monotonic time`, async (t) => {
    const clock = new ManualClock()
    const peer = await startPeer(t, ({ response, index }) => index < 2 ? answer(response) : { active: true })
    const { ask, status, errors } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic }, clock)
    t.equal(await ask(), 'FST_ZITADEL_CLIENT_REJECTED')
    clock.advance(5.999)
    clock.jump(3600)
    t.equal(await ask(), 'FST_ZITADEL_CLIENT_REJECTED')
    t.equal(await status('/', 'other'), 500)
    t.equal(peer.asked.length, 1)
    t.equal(errors.filter((line) => line.includes('fastify-zitadel: ')).length, 1, 'it is logged once')
    clock.jump(-7200)
    clock.advance(0.001)
    t.equal(await ask(), 'FST_ZITADEL_CLIENT_REJECTED')
    t.equal(peer.asked.length, 2, 'one is asked, and refused again')
    t.equal(await ask(), 'FST_ZITADEL_CLIENT_REJECTED')
    t.equal(peer.asked.length, 2)
    clock.advance(6)
    t.equal(await ask(), 'active')
    t.equal(await ask('other'), 'active')
    t.equal(peer.asked.length, 4)
  })
}

const PASSING: Record<string, (response: ServerResponse) => Reply> = {
  'an odd 400': refusing(400, 'invalid_request'),
  'a 401 in HTML': (response) => send(response, 401, '<html>'),
  'a 500': (response) => send(response, 500, '{"error":"invalid_client"}'),
  'a broken answer': (response) => send(response, 200, '[]')
}

for (const [what, answer] of Object.entries(PASSING)) {
  t.test(`after ${what}, the next request is sent at once`, async (t) => {
    const peer = await startPeer(t, ({ response, index }) => index === 0 ? answer(response) : { active: true })
    const { ask } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic }, new ManualClock())
    t.match(await ask(), /^FST_ZITADEL_(CLIENT_REJECTED|UNAVAILABLE)$/)
    t.equal(await ask(), 'active')
  })
}

t.test('cached verdicts are used while the circuit is open', async (t) => {
  const peer = await startPeer(t, ({ response, index }) => index === 0 ? { active: true } : refusing(400, 'unauthorized_client')(response))
  const { ask, status } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic }, new ManualClock())
  t.equal(await ask('known'), 'active')
  t.equal(await ask(), 'FST_ZITADEL_CLIENT_REJECTED')
  t.equal(await status('/', 'known'), 200)
})

t.test('a response to a request that was sent before the circuit opened closes it', async (t) => {
  const gate = new Gate()
  const peer = await startPeer(t, async ({ response, form }) => {
    if (form.get('token') === 'bad') return refusing(400, 'unauthorized_client')(response)
    await gate.opened
    return { active: true }
  })
  const { ask } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic }, new ManualClock())
  const slow = ask('slow')
  await peer.waitFor(1)
  t.equal(await ask('bad'), 'FST_ZITADEL_CLIENT_REJECTED')
  t.equal(await ask('next'), 'FST_ZITADEL_CLIENT_REJECTED')
  gate.open()
  t.equal(await slow, 'active')
  t.equal(await ask('next'), 'active')
})
