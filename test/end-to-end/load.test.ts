import t from 'tap'
import { EventEmitter, once } from 'node:events'
import { Pool, type Dispatcher } from 'undici'
import { startStandIn } from '../../lib/testing/index.ts'
import { machineToken } from '../fixtures/oauth-client.ts'
import { SECRET_API, startOidcProvider } from '../fixtures/oidc-provider.ts'
import { serve } from '../fixtures/served-app.ts'

/** Milliseconds, enough for a slow machine. */
const timeout = 60_000

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index))

function tally (answers: ReadonlyArray<{ status: number }>): Record<number, number> {
  const counts: Record<number, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

t.test('1,000 simultaneous requests with one new token cause one introspection', async (t) => {
  const { issuer, credentials, issueToken, requests, close } = await startStandIn()
  t.teardown(close)
  const pool = new Pool(issuer)
  t.teardown(async () => await pool.close())
  const arrivals = new EventEmitter()
  const allArrived = once(arrivals, 'all')
  let arrived = 0
  // The introspection is sent when all requests that wait for it have arrived.
  const request = async (options: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData> => {
    await allArrived
    return await pool.request(options)
  }
  const { get } = await serve(t, { issuer, credentials, timeout, dispatcher: { request: request as Dispatcher['request'] } }, {
    prepare: (app) => app.addHook('onRequest', (_request, _reply, done) => {
      done()
      if (++arrived === 1000) arrivals.emit('all')
    })
  })
  const token = await issueToken()
  t.strictSame(tally(await Promise.all(times(1000, async () => await get('/me', token)))), { 200: 1000 })
  t.equal(requests.length, 1)
})

t.test('500 simultaneous requests with 100 new tokens cause 100 introspections', async (t) => {
  const { issuer, credentials, issueToken, requests, close } = await startStandIn()
  t.teardown(close)
  const { get } = await serve(t, { issuer, credentials, timeout })
  const tokens = await Promise.all(times(100, async (index) => await issueToken({ sub: `user-${index}` })))
  const answers = await Promise.all(times(500, async (index) => await get('/me', tokens[index % 100])))
  t.strictSame(tally(answers), { 200: 500 })
  t.ok(answers.every(({ body }, index) => body['sub'] === `user-${index % 100}`), 'each response has the subject of its token')
  t.strictSame(new Set(requests.map(({ body }) => body.get('token'))), new Set(tokens))
  t.equal(requests.length, 100)
})

t.test('200 requests get 200 or 503 while the server stops and starts again', async (t) => {
  const server = await startOidcProvider()
  t.teardown(async () => await server.stop())
  const { get } = await serve(t, { issuer: server.issuer, credentials: SECRET_API, timeout, cache: false, breaker: false })
  const tokens = await Promise.all(times(50, async () => await machineToken(server)))

  /** Sends a request with each token, and calls a function after a fifth of the responses. */
  const wave = async (onFifth: () => Promise<void> = async () => {}): Promise<Record<number, number>> => {
    let called: Promise<void> | undefined
    let answered = 0
    const answers = await Promise.all(tokens.map(async (token) => {
      const answer = await get('/me', token)
      if (++answered === 10) called = onFifth()
      return answer
    }))
    await called
    return tally(answers)
  }
  const only200And503 = (counts: Record<number, number>): boolean => (counts[200] ?? 0) + (counts[503] ?? 0) === 50

  const goingDown = await wave(server.stop)
  t.ok(only200And503(goingDown), JSON.stringify(goingDown))
  t.strictSame(await wave(), { 503: 50 })
  const comingBack = await wave(server.start)
  t.ok(only200And503(comingBack), JSON.stringify(comingBack))
  t.strictSame(await wave(), { 200: 50 })
})
