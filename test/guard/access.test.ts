import t from 'tap'
import { bearer, startGuardedApp, activeResponse } from '../fixtures/guarded-app.ts'

t.test("access 'public' and 'own': no token is checked, not even an inactive one", async (t) => {
  const { app, calls, zitadel } = await startGuardedApp(t)
  for (const access of ['public', 'own'] as const) {
    app.get(`/${access}`, { config: { access } }, async (request) => [request.zitadel, zitadel().peek(request)])
  }
  for (const url of ['/public', '/own']) {
    for (const headers of [{}, bearer('good'), bearer('bad'), { authorization: 'Bearer' }, { authorization: 'Bearer a b' }]) {
      const reply = await app.inject({ url, headers })
      t.strictSame(reply.json(), [null, null])
    }
  }
  t.strictSame(calls, [])
})

t.test("access 'optional': a token is checked if one is sent, and denied if it is inactive", async (t) => {
  const { app, zitadel, clock } = await startGuardedApp(t, { responses: { expired: () => activeResponse({ exp: clock.seconds }) } })
  app.get('/', { config: { access: 'optional' } }, async (request) => zitadel().peek(request)?.sub ?? 'nobody')
  const answer = async (headers: Record<string, string>): Promise<unknown> => {
    const reply = await app.inject({ url: '/', headers })
    return reply.statusCode === 200 ? reply.body : [reply.statusCode, reply.json().code]
  }
  t.equal(await answer({}), 'nobody')
  t.equal(await answer({ authorization: 'Basic YTpi' }), 'nobody')
  t.equal(await answer(bearer('good')), 'ada')
  t.strictSame(await answer(bearer('bad')), [401, 'FST_ZITADEL_INVALID_TOKEN'])
  t.strictSame(await answer(bearer('expired')), [401, 'FST_ZITADEL_INVALID_TOKEN'])
  t.strictSame(await answer({ authorization: 'Bearer a b' }), [400, 'FST_ZITADEL_INVALID_REQUEST'])
})

t.test('an outage is a 503 on an optional route too', async (t) => {
  const { app, get } = await startGuardedApp(t, { responses: { down: () => { throw new Error('down') } } })
  app.get('/', { config: { access: 'optional' } }, async () => 'served')
  t.equal((await get('/', 'down')).statusCode, 503)
  t.equal((await get('/', null)).statusCode, 200)
})

t.test('freshness: 0 causes an introspection each time, and with another number a younger verdict is used', async (t) => {
  const { app, calls, clock, get } = await startGuardedApp(t)
  app.get('/fresh', { config: { scopes: [], freshness: 0 } }, async () => 'served')
  app.get('/recent', { config: { scopes: [], freshness: 10 } }, async () => 'served')
  app.get('/any', async () => 'served')
  const asks = async (url: string): Promise<number> => {
    const before = calls.length
    t.equal((await get(url)).statusCode, 200)
    return calls.length - before
  }
  t.equal(await asks('/any'), 1)
  t.equal(await asks('/any'), 0)
  t.equal(await asks('/recent'), 0)
  t.equal(await asks('/fresh'), 1)
  t.equal(await asks('/fresh'), 1)
  clock.advance(10)
  t.equal(await asks('/any'), 0)
  t.equal(await asks('/recent'), 1)
})
