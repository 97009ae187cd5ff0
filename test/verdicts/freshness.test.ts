import t from 'tap'
import { ManualClock } from '../fixtures/clock.ts'
import { basic, startConnectedApp } from '../fixtures/test-app.ts'
import { Gate, startPeer } from '../fixtures/peer.ts'
import { anySignature, unverified } from '../fixtures/signer.ts'

t.test('a route uses no verdict that is older than its freshness, and other routes do', async (t) => {
  const clock = new ManualClock()
  const peer = await startPeer(t, () => ({ active: true }))
  const { status } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic }, clock)
  await status('/')
  clock.advance(9.999)
  await status('/recent')
  t.equal(peer.asked.length, 1)
  clock.advance(0.001)
  await status('/')
  t.equal(peer.asked.length, 1)
  await status('/recent')
  t.equal(peer.asked.length, 2)
})

t.test('the age of a verdict counts from the introspection request, not from the response', async (t) => {
  const clock = new ManualClock()
  const peer = await startPeer(t, () => {
    clock.advance(8)
    return { active: true }
  })
  const { status } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic }, clock)
  await status('/')
  clock.advance(2)
  await status('/recent')
  t.equal(peer.asked.length, 2)
})

t.test('a verdict that was asked for while timers were fake and ahead is not used with the real ones', async (t) => {
  const clock = new ManualClock()
  const peer = await startPeer(t, () => ({ active: true }))
  const { status } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic }, clock)
  clock.advance(3600)
  await status('/')
  clock.advance(-3600)
  for (const [index, url] of ['/', '/recent', '/fresh', '/fresh'].entries()) {
    t.equal(await status(url), 200)
    t.equal(peer.asked.length, index + 2, url)
  }
})

t.test('freshness 0 causes an introspection for each request, and other routes use its response', async (t) => {
  let active = true
  const peer = await startPeer(t, () => ({ active }))
  const { status } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic, retry: false })
  t.equal(await status('/fresh'), 200)
  t.equal(await status('/fresh'), 200)
  t.equal(peer.asked.length, 2)
  active = false
  t.equal(await status('/'), 200, 'not asked again')
  t.equal(await status('/fresh'), 401)
  t.equal(await status('/'), 401)
  t.equal(peer.asked.length, 3)
})

t.test('freshness 0 does not join an introspection that has been sent', async (t) => {
  const gate = new Gate()
  const peer = await startPeer(t, async ({ index }) => {
    await gate.opened
    return { active: index === 0 }
  })
  const { status } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic })
  const before = status('/')
  await peer.waitFor(1)
  const after = status('/fresh')
  await peer.waitFor(2)
  gate.open()
  t.equal(await before, 200)
  t.equal(await after, 401)
})

t.test('freshness 0 joins an introspection whose assertion is still being signed', async (t) => {
  const signing = new Gate()
  const gate = new Gate()
  const sign = async (data: Uint8Array): Promise<Uint8Array> => {
    signing.open()
    await gate.opened
    return anySignature(data)
  }
  const peer = await startPeer(t, () => ({ active: true }))
  const { status } = await startConnectedApp(t, { issuer: peer.origin, credentials: { ...unverified, sign } })
  const first = status('/')
  await signing.opened
  const others = [status('/fresh'), status('/fresh'), status('/recent')]
  gate.open()
  t.same(await Promise.all([first, ...others]), [200, 200, 200, 200])
  t.equal(peer.asked.length, 1)
})

t.test('freshness n joins an introspection that was sent less than n seconds ago', async (t) => {
  const clock = new ManualClock()
  const gate = new Gate()
  const peer = await startPeer(t, async () => {
    await gate.opened
    return { active: true }
  })
  const { status } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic }, clock)
  const first = status('/')
  await peer.waitFor(1)
  clock.advance(9.999)
  const joins = status('/recent')
  clock.advance(0.001)
  const asks = status('/recent')
  await peer.waitFor(2)
  gate.open()
  t.same(await Promise.all([first, joins, asks]), [200, 200, 200])
  t.equal(peer.asked.length, 2)
})

t.test('without a cache, no request joins an introspection that has been sent', async (t) => {
  const gate = new Gate()
  const peer = await startPeer(t, async () => {
    await gate.opened
    return { active: true }
  })
  const { status } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic, cache: false })
  const first = status('/')
  await peer.waitFor(1)
  const second = status('/recent')
  await peer.waitFor(2)
  gate.open()
  t.same(await Promise.all([first, second]), [200, 200])
})
