import t from 'tap'
import { createAnswer, type Mode } from '../fixtures/fault-proxy.ts'
import { OK, startProxiedApp, unavailable } from '../fixtures/test-app.ts'

const TRANSIENT: Record<string, Mode> = {
  'a connection that is reset': 'rst-on-request',
  'a connection that ends': 'fin',
  'a response that is cut off by a reset': 'rst-mid-body',
  'a 502': createAnswer(502, '<html>'),
  'a 503': createAnswer(503, ''),
  'a 504': createAnswer(504, '')
}

for (const [what, fault] of Object.entries(TRANSIENT)) {
  t.test(`after ${what}, the request is retried once, and the caller gets its response`, async (t) => {
    const { proxy, get, lines, standIn } = await startProxiedApp(t)
    const token = await standIn.issueToken()
    proxy.once(fault)
    t.same(await get(token), OK)
    t.equal(proxy.requests(), 2)
    t.same(lines, [])
  })

  t.test(`after ${what} twice, the caller gets a 503, and there is no third request`, async (t) => {
    const { proxy, get, lines, standIn } = await startProxiedApp(t)
    proxy.once(fault, fault)
    t.same(await get(await standIn.issueToken()), unavailable())
    t.equal(proxy.requests(), 2)
    t.equal(lines.length, 1)
  })

  t.test(`after ${what}, there is no retry with retry: false`, async (t) => {
    const { proxy, get, standIn } = await startProxiedApp(t, { retry: false })
    proxy.once(fault)
    t.same(await get(await standIn.issueToken()), unavailable())
    t.equal(proxy.requests(), 1)
  })
}

const LASTING: Record<string, [fault: Mode, retryAfter?: number]> = {
  'a 500': [createAnswer(500, '')],
  'a 429': [createAnswer(429, '')],
  'a redirect': [createAnswer(302, '', { Location: '/' })],
  'a 200 without an introspection response': [createAnswer(200, '[]')],
  'an endless response': ['endless-body'],
  'a response that is not HTTP': ['not-http'],
  'a timeout': ['silence']
}

for (const [what, [fault]] of Object.entries(LASTING)) {
  t.test(`after ${what}, there is no retry, because it would not help`, async (t) => {
    const { proxy, get, standIn } = await startProxiedApp(t, { timeout: fault === 'silence' ? 300 : 3000 })
    proxy.once(fault)
    t.same(await get(await standIn.issueToken()), unavailable())
    t.equal(proxy.requests(), 1)
  })
}

for (const what of ['a connection that is reset', 'a 502']) {
  t.test(`after ${what}, there is no retry if the circuit has opened meanwhile`, async (t) => {
    // On a busy machine, all retries can be sent before the fifth failure. Then another app tries.
    let requests = Infinity
    for (let attempt = 0; attempt < 5 && requests >= 40; attempt++) {
      const { proxy, get } = await startProxiedApp(t)
      proxy.mode = TRANSIENT[what]!
      const answers = await Promise.all(Array.from({ length: 20 }, async (_, index) => await get(`${index}`)))
      t.same(new Set(answers.map(({ status }) => status)), new Set([503]))
      requests = proxy.requests()
    }
    t.ok(requests < 40, `${requests} requests: the circuit opens after the fifth`)
  })
}

t.test('the retry has the deadline of the first request', async (t) => {
  const { proxy, get, lines, standIn } = await startProxiedApp(t, { timeout: 500 })
  proxy.once('rst-on-request', 'silence')
  const startedAt = performance.now()
  t.same(await get(await standIn.issueToken()), unavailable())
  t.ok(performance.now() - startedAt < 500 + 2000)
  t.equal(proxy.requests(), 2)
  t.match(lines[0]!.msg, /within 500 ms/)
})

t.test('a retry has a new assertion if the server rejects replays', async (t) => {
  const { proxy, get, lines, standIn } = await startProxiedApp(t)
  standIn.fail('refuse-replays')
  for (let index = 0; index < 3; index++) t.same(await get(await standIn.issueToken()), OK)
  const before = standIn.requests.length
  // The server receives the first request, and its response is lost.
  proxy.once(createAnswer(502, ''), 'pass')
  t.same(await get(await standIn.issueToken()), OK)
  t.same(standIn.requests.slice(before).map(({ status }) => status), [200])
  const assertions = standIn.requests.filter(({ status }) => status === 200).map(({ body }) => body.get('client_assertion'))
  t.equal(new Set(assertions).size, assertions.length)
  t.same(lines, [])
})

t.test('a retry counts for limits.perSecond', async (t) => {
  const { proxy, clock, get, standIn } = await startProxiedApp(t, { limits: { perSecond: 1, queue: 0 } })
  proxy.once('rst-on-request')
  t.same(await get(await standIn.issueToken()), OK)
  clock.advance(1)
  t.same(await get(await standIn.issueToken()), unavailable(1), 'two requests were sent, so the next one can start after two seconds')
  clock.advance(1)
  t.same(await get(await standIn.issueToken()), OK)
})
