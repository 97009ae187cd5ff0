import t from 'tap'
import { randomUUID } from 'node:crypto'
import { systemClock } from '../../lib/clock.ts'
import { OK, basic, startProxiedApp, startTestApp, unavailable, type CallerResponse } from '../fixtures/test-app.ts'
import { Gate, startPeer, type Reply } from '../fixtures/peer.ts'

/** Random tokens, none of which is live. */
function flood (get: (token: string) => Promise<CallerResponse>, count: number): Array<Promise<CallerResponse>> {
  return Array.from({ length: count }, async () => await get(randomUUID()))
}

t.test('a flood of random tokens takes no more sockets than it may, and the rest of it is told to come back', async (t) => {
  const gate = new Gate()
  const peer = await startPeer(t, async (): Promise<Reply> => {
    await gate.opened
    return { active: false }
  })
  const { get, lines } = await startTestApp(t, { issuer: peer.origin, credentials: basic, limits: { concurrent: 8, queue: 100 } })
  const answers = flood(get, 200)
  await peer.waitFor(6)
  gate.open()
  const statuses = (await Promise.all(answers)).map(({ status }) => status)
  t.equal(statuses.filter((status) => status === 401).length, 6 + 75)
  t.equal(statuses.filter((status) => status === 503).length, 200 - 6 - 75)
  t.equal(new Set(peer.asked.map(({ request }) => request.socket)).size <= 8, true)
  t.equal(lines.length, 1)
  t.match(lines[0]!.msg, /too many introspections are waiting already: check for a flood of tokens, or raise the option "limits"/)
})

for (const concurrent of [2, 4, 64]) {
  t.test(`known callers live through a flood that takes all it can (of ${concurrent} at once)`, async (t) => {
    const gate = new Gate()
    const peer = await startPeer(t, async ({ form }): Promise<Reply> => {
      if (form.get('token')!.startsWith('known')) return { active: true }
      await gate.opened
      return { active: false }
    })
    const { clock, get } = await startTestApp(t, { issuer: peer.origin, credentials: basic, limits: { concurrent, queue: 100 } })
    const known = Array.from({ length: 20 }, (_, index) => `known-${index}`)
    for (const token of known) t.same(await get(token), OK)
    const strangers = flood(get, 500)
    await peer.waitFor(known.length + 1)
    for (let renewal = 0; renewal < 3; renewal++) {
      clock.advance(31)
      t.same(await Promise.all(known.map(async (token) => await get(token))), known.map(() => OK))
    }
    gate.open()
    await Promise.all(strangers)
  })
}

t.test('no more a second than allowed, and those who are known have their share of it', async (t) => {
  const { clock, get, introspectionCount, standIn } = await startProxiedApp(t, { limits: { perSecond: 8, queue: 0 } })
  const tokens = [await standIn.issueToken(), await standIn.issueToken()]
  for (const token of tokens) t.same(await get(token), OK)
  for (let renewal = 0; renewal < 3; renewal++) {
    clock.advance(31)
    const before = introspectionCount()
    t.same((await Promise.all(flood(get, 100))).filter(({ status }) => status === 401).length, 6)
    for (const token of tokens) t.same(await get(token), OK)
    t.same(await get(randomUUID()), unavailable(1))
    t.equal(introspectionCount() - before, 8)
  }
})

t.test('a signer that never answers holds no place for longer than the deadline', async (t) => {
  const peer = await startPeer(t, () => ({ active: true }))
  let hangs = true
  const sign = async (): Promise<Uint8Array> => {
    if (hangs) await new Promise(() => {})
    return new Uint8Array(64)
  }
  const credentials = { clientId: 'orders', keyId: '1', alg: 'ES256' as const, sign }
  const { clock, get } = await startTestApp(t, { issuer: peer.origin, credentials, timeout: 500, limits: { concurrent: 2, queue: 0 } })
  t.same(await Promise.all([get('one'), get('two')]).then((answers) => answers.map(({ status }) => status)), [503, 503])
  hangs = false
  clock.advance(5)
  t.same(await get('three'), OK)
})

t.test('who gets no turn in time is told so, and that says nothing about ZITADEL', async (t) => {
  const { clock, get, lines, standIn } = await startProxiedApp(t, { timeout: 1000, limits: { perSecond: 1 } })
  const token = await standIn.issueToken()
  t.same(await get(token), OK)
  t.same(await Promise.all(flood(get, 10)), Array.from({ length: 10 }, () => unavailable()))
  t.equal(lines.length, 1)
  t.match(lines[0]!.msg, /1000 ms passed in the queue: check for a flood of tokens/)
  clock.advance(31)
  t.same(await get(token), OK)
})

t.test('a flood that outlasts the queue does not make a slow ZITADEL seem down', async (t) => {
  const peer = await startPeer(t, async ({ form }): Promise<Reply> => {
    await new Promise((resolve) => setTimeout(resolve, 150))
    return { active: form.get('token')!.startsWith('known') }
  })
  const { get, lines } = await startTestApp(t, { issuer: peer.origin, credentials: basic, timeout: 2000, limits: { concurrent: 4, queue: 400 } }, systemClock)
  t.same(await get('known'), OK)
  const strangers = flood(get, 300)
  for (let time = 0; time < 20; time++) t.same(await get('known', '/fresh'), OK)
  const statuses = (await Promise.all(strangers)).map(({ status }) => status)
  t.same(new Set(statuses), new Set([401, 503]))
  t.notOk(lines.some(({ msg }) => msg.includes('no answer from ZITADEL')))
})
