import t from 'tap'
import { startStandIn } from '../../lib/testing/index.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { basic, startConnectedApp } from '../fixtures/test-app.ts'
import { Gate, send, startPeer } from '../fixtures/peer.ts'

t.test('a thousand simultaneous requests with one token cause one introspection', async (t) => {
  const gate = new Gate()
  const peer = await startPeer(t, async () => {
    await gate.opened
    return { active: true, sub: 'ada' }
  })
  const { ask, status } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic })
  const first = ask()
  await peer.waitFor(1)
  const others = Array.from({ length: 999 }, async (_, index) => index % 2 === 0 ? await ask() : String(await status('/')))
  gate.open()
  t.equal(await first, 'active')
  t.same(new Set(await Promise.all(others)), new Set(['active', '200']))
  t.equal(peer.asked.length, 1)
  t.equal(await ask(), 'active')
  t.equal(peer.asked.length, 1, 'the verdict is cached')
})

t.test('requests through a server and a stand-in share an introspection', async (t) => {
  const standIn = await startStandIn()
  t.teardown(() => standIn.close())
  const { status } = await startConnectedApp(t, { issuer: standIn.issuer, credentials: standIn.credentials })
  const token = await standIn.issueToken()
  const statuses = await Promise.all(Array.from({ length: 1000 }, async () => await status('/', token)))
  t.same(new Set(statuses), new Set([200]))
  t.equal(standIn.requests.length, 1)
})

t.test('a thousand simultaneous requests share one failure, which is not cached', async (t) => {
  const gate = new Gate()
  const peer = await startPeer(t, async ({ index, response }) => {
    await gate.opened
    return index === 0 ? send(response, 500, 'busy') : { active: true }
  })
  const { ask, status } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic, retry: false })
  const first = ask()
  await peer.waitFor(1)
  const others = Array.from({ length: 999 }, async () => await status('/'))
  gate.open()
  t.equal(await first, 'FST_ZITADEL_UNAVAILABLE')
  t.same(new Set(await Promise.all(others)), new Set([503]))
  t.equal(peer.asked.length, 1)
  t.equal(await ask(), 'active')
})

t.test('a request with another token does not wait', async (t) => {
  const gate = new Gate()
  t.teardown(() => { gate.open() })
  const peer = await startPeer(t, async ({ form }) => {
    if (form.get('token') === 'slow') await gate.opened
    return { active: true }
  })
  const { ask } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic })
  const slow = ask('slow')
  await peer.waitFor(1)
  t.equal(await ask('quick'), 'active')
  gate.open()
  t.equal(await slow, 'active')
})

t.test('tokens with names of members of Object.prototype are tokens like any other', async (t) => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'then']
  const peer = await startPeer(t, ({ form }) => ({ active: true, sub: form.get('token')! }))
  const { zitadel } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic })
  for (let round = 0; round < 2; round++) {
    for (const name of names) t.equal((await zitadel.introspect(name))!.sub, name)
  }
  t.equal(peer.asked.length, names.length)
  await zitadel.forget({ sub: '__proto__' })
  for (const name of names) await zitadel.introspect(name)
  t.equal(peer.asked.length, names.length + 1)
})

t.test('a request does not join a pending introspection that is older than ttl', async (t) => {
  for (const [ttl, age, expected] of [[1, 0.9, 1], [1, 2.2, 2], [0, 0, 2]] as const) {
    const clock = new ManualClock()
    const gate = new Gate()
    const peer = await startPeer(t, async () => {
      await gate.opened
      return { active: true }
    })
    const { status } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic, cache: { ttl } }, clock)
    const first = status('/')
    await peer.waitFor(1)
    clock.advance(age)
    const second = status('/')
    await Promise.race([peer.waitFor(expected), second])
    await new Promise((resolve) => setImmediate(resolve))
    t.equal(peer.asked.length, expected, `ttl ${ttl}, ${age} s`)
    gate.open()
    await Promise.all([first, second])
  }
})
