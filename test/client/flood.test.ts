import t from 'tap'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../lib/clock.ts'
import { getRegistration } from '../../lib/registration.ts'
import { OK, basic, startProxiedApp, startTestApp, unavailable, type CallerResponse } from '../fixtures/test-app.ts'
import { Gate, startPeer, type Reply } from '../fixtures/peer.ts'

/** Sends random tokens, none of which is active. */
function flood (get: (token: string) => Promise<CallerResponse>, count: number): Array<Promise<CallerResponse>> {
  return Array.from({ length: count }, async () => await get(randomUUID()))
}

t.test('a flood of random tokens is bounded in connections and in the queue, and other requests get a 503', async (t) => {
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
  t.test(`known callers are served during a flood of random tokens (${concurrent} concurrent introspections)`, async (t) => {
    const gate = new Gate()
    const peer = await startPeer(t, async ({ form }): Promise<Reply> => {
      if (form.get('token')!.startsWith('known')) return { active: true }
      await gate.opened
      return { active: false }
    })
    const { clock, get } = await startTestApp(t, { issuer: peer.origin, credentials: basic, limits: { concurrent, queue: 100 } })
    const known = Array.from({ length: 20 }, (_, index) => `known-${index}`)
    for (const token of known) t.same(await get(token), OK)
    const unknown = flood(get, 500)
    await peer.waitFor(known.length + 1)
    for (let renewal = 0; renewal < 3; renewal++) {
      clock.advance(31)
      t.same(await Promise.all(known.map(async (token) => await get(token))), known.map(() => OK))
    }
    gate.open()
    await Promise.all(unknown)
  })
}

t.test('a token that was active a moment ago leaves the queue before an unknown one that came earlier', async (t) => {
  const gate = new Gate()
  const peer = await startPeer(t, async ({ form }): Promise<Reply> => {
    if (form.get('token') === 'running') await gate.opened
    return { active: true }
  })
  const { clock, get, zitadel } = await startTestApp(t, { issuer: peer.origin, credentials: basic, limits: { concurrent: 1 } })
  await get('known')
  clock.advance(31)
  const answers = [get('running')]
  await peer.waitFor(2)
  for (const [index, token] of ['unknown', 'known'].entries()) {
    answers.push(get(token))
    while (getRegistration(zitadel)!.readState().queued !== index + 1) await sleep(1)
  }
  gate.open()
  await Promise.all(answers)
  t.same(peer.asked.map(({ form }) => form.get('token')), ['known', 'running', 'known', 'unknown'])
})

t.test('limits.perSecond bounds introspections, and known tokens have a share of it', async (t) => {
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

/** Sends requests with many active tokens, each again as soon as it is answered, until the returned function is called. */
function floodWithActiveTokens (get: (token: string, url: string) => Promise<CallerResponse>, tokens: string[]): () => Promise<Set<number>> {
  const end = new AbortController()
  const statuses = new Set<number>()
  const loops = tokens.map(async (token) => {
    while (!end.signal.aborted) statuses.add((await get(token, '/admin')).status)
  })
  return async () => {
    end.abort()
    await Promise.all(loops)
    return statuses
  }
}

const ATTACKERS: Array<[title: string, getSubject: (index: number) => string]> = [
  ['100 active tokens of 100 subjects', (index) => `attacker ${index}`],
  ['100 active tokens of one subject', () => 'attacker']
]
for (const [title, getSubject] of ATTACKERS) {
  t.test(`new callers and known ones are served while ${title} flood a fresh route`, async (t) => {
    const peer = await startPeer(t, async ({ form }): Promise<Reply> => {
      await sleep(100)
      const token = form.get('token')!
      return { active: true, sub: token.startsWith('attacker') ? getSubject(Number(token.split('-')[1])) : token }
    })
    const { app, get } = await startTestApp(t, { issuer: peer.origin, credentials: basic }, systemClock)
    app.get('/admin', { config: { roles: ['admin'], freshness: 0 } }, async () => 'admin')
    const attackers = Array.from({ length: 100 }, (_, index) => `attacker-${index}`)
    await Promise.all([...attackers, 'known'].map(async (token) => await get(token)))
    const end = floodWithActiveTokens(get, attackers)
    await sleep(150)
    const callers: Array<Promise<CallerResponse>> = []
    for (let index = 0; index < 30; index++) {
      if (index % 6 === 0) callers.push(get('known', '/fresh'))
      callers.push(get(`new-${index}`))
      await sleep(30)
    }
    const statuses = (await Promise.all(callers)).map(({ status }) => status)
    t.same(statuses.filter((status) => status !== 200), [])
    t.ok((await end()).has(403))
  })
}

t.test('a signer that never settles occupies no place after the deadline', async (t) => {
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

t.test('a request that does not leave the queue in time is a 503 that names the queue, and no outage of ZITADEL', async (t) => {
  const { clock, get, lines, standIn } = await startProxiedApp(t, { timeout: 500, limits: { perSecond: 1 } })
  const token = await standIn.issueToken()
  t.same(await get(token), OK)
  t.same(await Promise.all(flood(get, 10)), Array.from({ length: 10 }, () => unavailable()))
  t.equal(lines.length, 1)
  t.match(lines[0]!.msg, /500 ms passed in the queue: check for a flood of tokens/)
  clock.advance(31)
  t.same(await get(token), OK)
})

t.test('a flood that outlasts the queue is no outage of a slow ZITADEL', async (t) => {
  const peer = await startPeer(t, async ({ form }): Promise<Reply> => {
    await sleep(150)
    return { active: form.get('token')!.startsWith('known') }
  })
  const { get, lines } = await startTestApp(t, { issuer: peer.origin, credentials: basic, timeout: 2000, limits: { concurrent: 4, queue: 400 } }, systemClock)
  t.same(await get('known'), OK)
  const unknown = flood(get, 300)
  for (let time = 0; time < 8; time++) t.same(await get('known', '/fresh'), OK)
  const statuses = (await Promise.all(unknown)).map(({ status }) => status)
  t.same(new Set(statuses), new Set([401, 503]))
  t.notOk(lines.some(({ msg }) => msg.includes('no answer from ZITADEL')))
})
