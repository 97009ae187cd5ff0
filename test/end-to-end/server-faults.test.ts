import t from 'tap'
import { createAnswer, type Mode } from '../fixtures/fault-proxy.ts'
import { OK, startProxiedApp, unavailable, type ProxiedTestApp } from '../fixtures/test-app.ts'

/** Milliseconds that a slow machine may need beyond the deadline. */
const TOLERANCE = 2000

/** How the server fails, and the log line about it. */
const FAULTS: Record<string, [fault: Mode | ((world: ProxiedTestApp) => Promise<void>), log: RegExp]> = {
  'refuses connections': [async ({ proxy }) => await proxy.stop(), /no answer from ZITADEL \(ECONNREFUSED\): check that ZITADEL runs/],
  'resets each connection at once': ['rst-on-connect', /no answer from ZITADEL \((ECONNRESET|UND_ERR_SOCKET|EPIPE)\): check/],
  'resets the connection after the request': ['rst-on-request', /no answer from ZITADEL \(ECONNRESET\): check/],
  'resets the connection during the response': ['rst-mid-body', /no answer from ZITADEL \((ECONNRESET|UND_ERR_SOCKET)\): check/],
  'closes the connection without a response': ['fin', /no answer from ZITADEL \(UND_ERR_SOCKET\): check/],
  'closes the connection during the response': ['fin-mid-body', /no answer from ZITADEL \((UND_ERR_SOCKET|UND_ERR_RES_CONTENT_LENGTH_MISMATCH)\): check/],
  'takes the request and does not answer': ['silence', /no answer from ZITADEL within 1000 ms: check the load/],
  'sends one byte at a time': ['slow-drip', /no answer from ZITADEL within 1000 ms/],
  'stalls during the response': ['stalled-body', /no answer from ZITADEL within 1000 ms/],
  'sends an endless response': ['endless-body', /no answer from ZITADEL \(RESPONSE_TOO_LARGE\): it had more than 1 MiB/],
  'is no HTTP server': ['not-http', /the response is not HTTP: check that ZITADEL answers/],
  'is a proxy that answers 502': [createAnswer(502, '<html>'), /ZITADEL answered 502: check ZITADEL and the proxies in front of it/],
  'is a proxy that answers 503 with Retry-After': [createAnswer(503, '<html>', { 'Retry-After': '120' }), /ZITADEL answered 503: check/],
  'is a gateway that answers 504': [createAnswer(504, ''), /ZITADEL answered 504: check/],
  'fails internally': [createAnswer(500, '{"error":"server_error"}'), /ZITADEL answered 500: check/],
  'redirects, which is not followed': [createAnswer(302, '', { Location: '/elsewhere' }), /ZITADEL answered 302: check that ZITADEL answers/],
  'is a firewall that answers 403': [createAnswer(403, '<html>'), /ZITADEL answered 403: check that ZITADEL answers/],
  'limits requests': [createAnswer(429, 'Your ZITADEL instance is blocked.'), /ZITADEL answered 429: check ZITADEL's quota/],
  'answers without a body': [createAnswer(200, ''), /answered 200 without an introspection response: check that ZITADEL answers/],
  'answers in HTML': [createAnswer(200, '<html>'), /without an introspection response/],
  'answers with a list': [createAnswer(200, '[]'), /without an introspection response/],
  'answers with a string for active': [createAnswer(200, '{"active":"true"}'), /without an introspection response/]
}

for (const [what, [fault, log]] of Object.entries(FAULTS)) {
  t.test(`a server that ${what}: 503 in time, no request is let in, one log line, and later requests succeed`, async (t) => {
    const world = await startProxiedApp(t, { timeout: 1000 })
    const { proxy, get, lines, standIn } = world
    const [before, during, after] = [await standIn.issueToken(), await standIn.issueToken(), await standIn.issueToken()]
    t.same(await get(before), OK)

    if (typeof fault === 'function') await fault(world)
    else proxy.mode = fault
    const startedAt = performance.now()
    t.same(await get(during), unavailable())
    t.ok(performance.now() - startedAt < 1000 + TOLERANCE)
    t.same(lines.map(({ level, code }) => [level, code]), [[40, 'FST_ZITADEL_UNAVAILABLE']])
    t.match(lines[0]!.msg, log)
    t.same(await get(before), OK, 'a cached token is still accepted')

    await restore(world)
    t.same(await get(after), OK)
    t.same(await get(during), OK)
  })
}

t.test('connections that are cut without a FIN cause 503 within the timeout, and later requests use new connections', async (t) => {
  const { proxy, clock, get, lines, standIn } = await startProxiedApp(t, { timeout: 1000, limits: { concurrent: 8 } })
  const tokens = await Promise.all(Array.from({ length: 8 }, async () => await standIn.issueToken()))
  const ask = async (): Promise<unknown[]> => await Promise.all(tokens.map(async (token) => await get(token, '/fresh')))
  while (proxy.connections() < 8) t.same(await ask(), tokens.map(() => OK))
  proxy.mode = 'half-open'
  const startedAt = performance.now()
  t.same(await Promise.all(tokens.slice(0, 5).map(async (token) => await get(token, '/fresh'))), Array.from({ length: 5 }, () => unavailable()))
  t.ok(performance.now() - startedAt < 1000 + TOLERANCE)
  t.equal(lines.length, 1)
  clock.advance(0.5)
  t.same(await get(tokens[0]!, '/fresh'), OK, 'although three more connections are cut')
  t.same(await ask(), tokens.map(() => OK))
})

async function restore ({ proxy, clock }: ProxiedTestApp): Promise<void> {
  await proxy.stop()
  await proxy.start()
  proxy.mode = 'pass'
  clock.advance(5)
}
