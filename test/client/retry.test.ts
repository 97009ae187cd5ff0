import t from 'tap'
import { answerOf, type Mode } from '../fixtures/fault-proxy.ts'
import { OK, startProxiedApp, unavailable } from '../fixtures/test-app.ts'

const HELPS: Record<string, Mode> = {
  'a connection that is reset': 'rst-on-request',
  'a connection that ends': 'fin',
  'an answer that is cut off by a reset': 'rst-mid-body',
  'a 502': answerOf(502, '<html>'),
  'a 503': answerOf(503, ''),
  'a 504': answerOf(504, '')
}

for (const [what, fault] of Object.entries(HELPS)) {
  t.test(`${what} is tried once more, and no caller notices`, async (t) => {
    const { proxy, get, lines, standIn } = await startProxiedApp(t)
    const token = await standIn.issueToken()
    proxy.once(fault)
    t.same(await get(token), OK)
    t.equal(proxy.requests(), 2)
    t.same(lines, [])
  })

  t.test(`${what} twice is a 503: there is no third try`, async (t) => {
    const { proxy, get, lines, standIn } = await startProxiedApp(t)
    proxy.once(fault, fault)
    t.same(await get(await standIn.issueToken()), unavailable())
    t.equal(proxy.requests(), 2)
    t.equal(lines.length, 1)
  })

  t.test(`${what} is not tried again with retry: false`, async (t) => {
    const { proxy, get, standIn } = await startProxiedApp(t, { retry: false })
    proxy.once(fault)
    t.same(await get(await standIn.issueToken()), unavailable())
    t.equal(proxy.requests(), 1)
  })
}

const IN_VAIN: Record<string, [fault: Mode, retryAfter?: number]> = {
  'a 500': [answerOf(500, '')],
  'a 429': [answerOf(429, '')],
  'a redirect': [answerOf(302, '', { Location: '/' })],
  'a 200 that is no answer': [answerOf(200, '[]')],
  'an answer without end': ['endless-body'],
  'what is no HTTP': ['not-http'],
  silence: ['silence']
}

for (const [what, [fault]] of Object.entries(IN_VAIN)) {
  t.test(`${what} is not tried again: that would not help`, async (t) => {
    const { proxy, get, standIn } = await startProxiedApp(t, { timeout: fault === 'silence' ? 300 : 3000 })
    proxy.once(fault)
    t.same(await get(await standIn.issueToken()), unavailable())
    t.equal(proxy.requests(), 1)
  })
}

for (const what of ['a connection that is reset', 'a 502']) {
  t.test(`${what} is not tried again once others have found out that nobody answers`, async (t) => {
    // On a busy machine, all second tries may leave before the fifth has failed: then another app tries.
    let requests = Infinity
    for (let attempt = 0; attempt < 5 && requests >= 40; attempt++) {
      const { proxy, get } = await startProxiedApp(t)
      proxy.mode = HELPS[what]!
      const answers = await Promise.all(Array.from({ length: 20 }, async (_, index) => await get(`${index}`)))
      t.same(new Set(answers.map(({ status }) => status)), new Set([503]))
      requests = proxy.requests()
    }
    t.ok(requests < 40, `${requests} requests: the fifth that fails twice speaks for all`)
  })
}

t.test('the second try is within the deadline of the first', async (t) => {
  const { proxy, get, lines, standIn } = await startProxiedApp(t, { timeout: 500 })
  proxy.once('rst-on-request', 'silence')
  const startedAt = performance.now()
  t.same(await get(await standIn.issueToken()), unavailable())
  t.ok(performance.now() - startedAt < 500 + 2000)
  t.equal(proxy.requests(), 2)
  t.match(lines[0]!.msg, /within 500 ms/)
})

t.test('a second try has an assertion of its own where the server refuses replays', async (t) => {
  const { proxy, get, lines, standIn } = await startProxiedApp(t)
  standIn.fail('refuse-replays')
  for (let index = 0; index < 3; index++) t.same(await get(await standIn.issueToken()), OK)
  const before = standIn.requests.length
  // The server sees the first one, and its answer gets lost.
  proxy.once(answerOf(502, ''), 'pass')
  t.same(await get(await standIn.issueToken()), OK)
  t.same(standIn.requests.slice(before).map(({ status }) => status), [200])
  const assertions = standIn.requests.filter(({ status }) => status === 200).map(({ body }) => body.get('client_assertion'))
  t.equal(new Set(assertions).size, assertions.length)
  t.same(lines, [])
})

t.test('a second try counts among the introspections of a second', async (t) => {
  const { proxy, clock, get, standIn } = await startProxiedApp(t, { limits: { perSecond: 1, queue: 0 } })
  proxy.once('rst-on-request')
  t.same(await get(await standIn.issueToken()), OK)
  clock.advance(1)
  t.same(await get(await standIn.issueToken()), unavailable(1), 'two have gone out, so the next may in two seconds')
  clock.advance(1)
  t.same(await get(await standIn.issueToken()), OK)
})
