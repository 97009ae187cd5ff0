import t from 'tap'
import type { Forgettable } from '../../lib/index.ts'
import { basic, startConnectedApp, type TestApp } from '../fixtures/test-app.ts'
import type { TestContext } from '../fixtures/guarded-app.ts'
import { Gate, startPeer, type Peer } from '../fixtures/peer.ts'
import { anySignature, unverified } from '../fixtures/signer.ts'

interface Held extends TestApp { peer: Peer, gates: Gate[] }

/** A peer that holds each response back at a gate of its own. The scopes are 0, 1, ... */
async function held (t: TestContext, options: object = {}): Promise<Held> {
  const gates = Array.from({ length: 6 }, () => new Gate())
  t.teardown(() => { for (const gate of gates) gate.open() })
  const peer = await startPeer(t, async ({ index }) => {
    await gates[index]!.opened
    return { active: true, sub: 'ada', jti: '1', scope: `${index}` }
  })
  return { peer, gates, ...await startConnectedApp(t, { issuer: peer.origin, credentials: basic, ...options }) }
}

const FORGOTTEN: Record<string, Forgettable> = {
  'by the token': { token: 'token' },
  'by the user': { sub: 'ada' },
  'by the jti': { jti: '1' }
}

for (const [how, what] of Object.entries(FORGOTTEN)) {
  t.test(`a token that is forgotten ${how} during its introspection is introspected again`, async (t) => {
    const { zitadel, peer, gates } = await held(t)
    const asking = zitadel.introspect('token')
    await peer.waitFor(1)
    await zitadel.forget(what)
    gates[0]!.open()
    await peer.waitFor(2)
    gates[1]!.open()
    t.same((await asking)!.scopes, ['1'])
    t.same((await zitadel.introspect('token'))!.scopes, ['1'], 'the second response is cached')
    t.equal(peer.asked.length, 2)
  })
}

t.test('a forget of another token or user does not change a pending introspection', async (t) => {
  const { zitadel, peer, gates } = await held(t)
  const asking = zitadel.introspect('token')
  await peer.waitFor(1)
  await zitadel.forget({ token: 'other' })
  await zitadel.forget({ sub: 'bob' })
  await zitadel.forget({ jti: '2' })
  gates[0]!.open()
  t.same((await asking)!.scopes, ['0'])
  t.equal(peer.asked.length, 1)
})

t.test('a forget of a known token forgets the pending introspection of a token with the same jti', async (t) => {
  const { zitadel, peer, gates } = await held(t)
  gates[0]!.open()
  await zitadel.introspect('known')
  const asking = zitadel.introspect('token')
  await peer.waitFor(2)
  await zitadel.forget({ token: 'known' })
  gates[1]!.open()
  gates[2]!.open()
  t.same((await asking)!.scopes, ['2'])
})

t.test('a request after the forget joins the second introspection', async (t) => {
  const { zitadel, peer, gates } = await held(t)
  const before = zitadel.introspect('token')
  await peer.waitFor(1)
  await zitadel.forget({ sub: 'ada' })
  const after = zitadel.introspect('token')
  gates[0]!.open()
  gates[1]!.open()
  t.same((await after)!.scopes, ['1'])
  t.same((await before)!.scopes, ['1'])
  t.equal(peer.asked.length, 2)
})

t.test('if the jti is in the forgotten response only, tokens that share it are forgotten too', async (t) => {
  const { zitadel, peer, gates } = await held(t)
  gates[0]!.open()
  t.same((await zitadel.introspect('known'))!.scopes, ['0'])
  const asking = zitadel.introspect('token')
  await peer.waitFor(2)
  await zitadel.forget({ token: 'token' })
  for (const gate of gates) gate.open()
  t.same((await asking)!.scopes, ['2'])
  t.same((await zitadel.introspect('known'))!.scopes, ['3'])
  t.same((await zitadel.introspect('token'))!.scopes, ['2'], 'a later response is not forgotten')
})

for (const [what, jtis] of Object.entries({ 'another jti': { token: '1', other: '2' }, 'no jti': {} })) {
  t.test(`a forgotten response forgets no other token with ${what}`, async (t) => {
    const gate = new Gate()
    const peer = await startPeer(t, async ({ form }) => {
      const token = form.get('token')!
      if (token === 'token') await gate.opened
      return { active: true, jti: jtis[token as keyof typeof jtis] }
    })
    const { zitadel, ask } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic })
    await ask('other')
    const asking = ask('token')
    await peer.waitFor(2)
    await zitadel.forget({ token: 'token' })
    gate.open()
    t.equal(await asking, 'active')
    t.equal(await ask('other'), 'active')
    t.same(peer.asked.map(({ form }) => form.get('token')), ['other', 'token', 'token'])
  })
}

t.test('a token that is forgotten during three introspections is a 503, and the next request starts another', async (t) => {
  const { zitadel, failure, peer, gates } = await held(t)
  const asking = failure()
  for (let round = 0; round < 3; round++) {
    await peer.waitFor(round + 1)
    await zitadel.forget({ sub: 'ada' })
    gates[round]!.open()
  }
  const { code, statusCode, cause } = await asking
  t.same([code, statusCode], ['FST_ZITADEL_UNAVAILABLE', 503])
  t.match(cause, { message: /was forgotten repeatedly during its introspection/, advice: /check what calls "forget"/, canBeCausedByCaller: true })
  t.equal(peer.asked.length, 3)
  gates[3]!.open()
  t.same((await zitadel.introspect('token'))!.scopes, ['3'])
})

t.test('a forget applies to all pending introspections of a token', async (t) => {
  const { zitadel, status, peer, gates } = await held(t)
  const older = status('/')
  await peer.waitFor(1)
  const younger = status('/fresh')
  await peer.waitFor(2)
  await zitadel.forget({ token: 'token' })
  for (const gate of gates) gate.open()
  t.same(await Promise.all([older, younger]), [200, 200])
  t.equal(peer.asked.length, 4)
})

t.test('without a cache, a forget applies to a pending introspection too', async (t) => {
  const { zitadel, peer, gates } = await held(t, { cache: false })
  const asking = zitadel.introspect('token')
  await peer.waitFor(1)
  await zitadel.forget({ sub: 'ada' })
  gates[0]!.open()
  gates[1]!.open()
  t.same((await asking)!.scopes, ['1'])
})

t.test('a forget before the introspection is sent causes no second introspection', async (t) => {
  const signing = new Gate()
  const signed = new Gate()
  const sign = async (data: Uint8Array): Promise<Uint8Array> => {
    signing.open()
    await signed.opened
    return anySignature(data)
  }
  const { zitadel, peer, gates } = await held(t, { credentials: { ...unverified, sign } })
  gates[0]!.open()
  const asking = zitadel.introspect('token')
  await signing.opened
  await zitadel.forget({ token: 'token' })
  signed.open()
  t.same((await asking)!.scopes, ['0'])
  t.equal(peer.asked.length, 1)
})
