import t from 'tap'
import { randomUUID } from 'node:crypto'
import { startStandIn, type StandIn } from '../../lib/testing/index.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { startConnectedApp, type TestApp } from '../fixtures/test-app.ts'
import type { TestContext } from '../fixtures/guarded-app.ts'
import { anySignature, getAssertion, countedSigner, unverified, type CountedSigner } from '../fixtures/signer.ts'
import { Gate, startPeer } from '../fixtures/peer.ts'

interface Setup extends TestApp { standIn: StandIn, signer: CountedSigner, unknown: () => Promise<string>, refused: () => number }

/** A server that takes each assertion once (RFC 7523 section 3, rule 7). */
async function setUp (t: TestContext): Promise<Setup> {
  const clock = new ManualClock()
  const standIn = await startStandIn({ clock: clock.wall })
  t.teardown(() => standIn.close())
  standIn.fail('refuse-replays')
  const signer = countedSigner(standIn.api.key)
  const connected = await startConnectedApp(t, { issuer: standIn.issuer, credentials: signer.credentials }, clock)
  return {
    ...connected,
    standIn,
    signer,
    unknown: async () => await connected.ask(randomUUID()),
    refused: () => standIn.requests.filter(({ status }) => status === 401).length
  }
}

t.test('after the first rejected replay, each request has an assertion of its own', async (t) => {
  const { signer, unknown, refused, errors } = await setUp(t)
  for (let call = 0; call < 10; call++) t.equal(await unknown(), 'inactive')
  t.equal(refused(), 1)
  t.equal(signer.signed.length, 10)
  t.equal(new Set(signer.signed.map(({ jti }) => jti)).size, signer.signed.length)
  t.same(errors, [])
})

t.test('fifty simultaneous requests detect that replays are rejected', async (t) => {
  const { unknown, refused, errors } = await setUp(t)
  t.same(new Set(await Promise.all(Array.from({ length: 50 }, unknown))), new Set(['inactive']))
  t.same(new Set(await Promise.all(Array.from({ length: 50 }, unknown))), new Set(['inactive']))
  const settled = refused()
  t.same(new Set(await Promise.all(Array.from({ length: 50 }, unknown))), new Set(['inactive']))
  t.equal(refused(), settled, 'no request is refused any more')
  t.same(errors, [])
})

t.test('replays are detected although they are rejected before the response to the first use of the assertion', async (t) => {
  const seen = new Set<unknown>()
  const gate = new Gate()
  const peer = await startPeer(t, async (asked) => {
    const { jti } = getAssertion(asked)
    if (!seen.has(jti)) {
      seen.add(jti)
      // The answer to the one that is accepted comes last of all.
      if (asked.index === 0) await gate.opened
      return { active: true }
    }
    asked.response.writeHead(401).end('{"error":"invalid_client"}')
    return undefined
  })
  const { ask, errors } = await startConnectedApp(t, { issuer: peer.origin, credentials: { ...unverified, sign: anySignature } })
  const first = ask('first')
  await peer.waitFor(1)
  t.same(new Set(await Promise.all(Array.from({ length: 10 }, async (_, index) => await ask(`${index}`)))), new Set(['active']))
  gate.open()
  t.equal(await first, 'active')
  for (let call = 10; call < 20; call++) t.equal(await ask(`${call}`), 'active')
  const { length } = peer.asked
  for (let call = 20; call < 30; call++) t.equal(await ask(`${call}`), 'active')
  t.equal(peer.asked.length, length + 10, 'one request a call')
  t.same(errors, [])
})
