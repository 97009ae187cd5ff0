import t from 'tap'
import fastifyAuth from '@fastify/auth'
import { ZitadelError } from '../../lib/index.ts'
import { createUnavailableError, OutageError } from '../../lib/errors.ts'
import { activeResponse, startGuardedApp, type AppSetup, type GuardedApp, type TestContext } from '../fixtures/guarded-app.ts'

/** An app whose error handler sets neither a status nor headers. */
async function startNaiveApp (t: TestContext, setup: AppSetup = {}): Promise<GuardedApp> {
  const guarded = await startGuardedApp(t, setup)
  const { app } = guarded
  app.setErrorHandler((error: Error, _request, reply) => reply.send({ message: error.message }))
  app.get('/', { config: { scopes: [] } }, async () => 'served')
  app.get('/admin', { config: { roles: ['admin'] } }, async () => 'served')
  return guarded
}

t.test('a denial keeps its status and headers if the error handler sets neither', async (t) => {
  const { get } = await startNaiveApp(t)
  const expected: Array<[url: string, token: string | null, status: number, challenge: string]> = [
    ['/', null, 401, 'Bearer'],
    ['/', 'bad', 401, 'Bearer error="invalid_token"'],
    ['/', 'a b', 400, 'Bearer error="invalid_request"'],
    ['/admin', 'good', 403, 'Bearer error="insufficient_scope"']
  ]
  for (const [url, token, status, challenge] of expected) {
    for (const attempt of ['new', 'cached']) {
      const response = await get(url, token)
      t.equal(response.statusCode, status, `${attempt} ${token}`)
      t.equal(response.headers['www-authenticate'], challenge)
    }
  }
  t.equal((await get('/')).statusCode, 200)
  t.equal((await get('/')).headers['www-authenticate'], undefined)
})

t.test('an outage keeps its 503 and Retry-After if the error handler sets neither', async (t) => {
  const { get } = await startNaiveApp(t, { responses: { down: () => { throw new Error('down') } } })
  const response = await get('/', 'down')
  t.equal(response.statusCode, 503)
  t.equal(response.headers['retry-after'], '5')
})

t.test('a second check that denies keeps its status and headers too', async (t) => {
  const { app, clock, get } = await startNaiveApp(t, { responses: { brief: () => activeResponse({ exp: Math.floor(Date.now() / 1000) + 60 }) } })
  app.get('/slow', { config: { scopes: [] }, preParsing: async () => { clock.advance(3600) } }, async () => 'served')
  const response = await get('/slow', 'brief')
  t.equal(response.statusCode, 401)
  t.equal(response.headers['www-authenticate'], 'Bearer error="invalid_token"')
})

t.test('a strategy that fails before another succeeds leaves no challenge on the response', async (t) => {
  const { app, get } = await startNaiveApp(t)
  await app.register(fastifyAuth)
  app.get('/either', { config: { access: 'own' }, onRequest: app.auth([app.zitadel.require({ roles: ['admin'] }), (_request, _reply, done) => done()]) }, async () => 'served')
  const response = await get('/either', 'bad')
  t.equal(response.statusCode, 200)
  t.equal(response.headers['www-authenticate'], undefined)
})

t.test('an error has the shape of http-errors', async (t) => {
  const denied = new ZitadelError('FST_ZITADEL_NO_TOKEN', 401, 'A bearer token is required')
  t.equal(denied.status, 401)
  t.equal(denied.expose, true)
  const outage = createUnavailableError(new OutageError('no response', 'check'))
  t.equal(outage.status, 503)
  t.equal(outage.expose, false)
})

t.test('a request that fails with the error of a strategy has its status and headers, under any error handler', async (t) => {
  const { app, get } = await startNaiveApp(t, { responses: { down: () => { throw new Error('down') } } })
  await app.register(fastifyAuth)
  app.get('/either', { config: { access: 'own' }, onRequest: app.auth([(_request, _reply, done) => done(new Error('no key')), app.zitadel.require({ roles: ['admin'] })]) }, async () => 'served')
  app.get('/direct', { config: { access: 'own' }, onRequest: app.zitadel.require({ roles: ['admin'] }) }, async () => 'served')
  for (const url of ['/either', '/direct']) {
    for (const [token, status, name, value] of [[null, 401, 'www-authenticate', 'Bearer'], ['a b', 400, 'www-authenticate', 'Bearer error="invalid_request"'], ['good', 403, 'www-authenticate', 'Bearer error="insufficient_scope"'], ['down', 503, 'retry-after', '5']] as const) {
      const response = await get(url, token)
      t.equal(response.statusCode, status, `${url} ${token}`)
      t.equal(response.headers[name], value)
    }
  }
})

t.test('an outage during introspect() in a handler is a 503 with Retry-After, under any error handler', async (t) => {
  const { app, get } = await startNaiveApp(t, { responses: { down: () => { throw new Error('down') } } })
  app.get('/message', { config: { access: 'public' } }, async () => await app.zitadel.introspect('down'))
  const response = await get('/message', null)
  t.equal(response.statusCode, 503)
  t.equal(response.headers['retry-after'], '5')
})

t.test('a strategy can be a hook of preParsing', async (t) => {
  const { app, get } = await startGuardedApp(t)
  const handler = async (): Promise<string> => 'served'
  app.post('/', { config: { access: 'own' }, preParsing: app.zitadel.require() as never }, handler)
  for (const [token, status] of [[null, 401], ['bad', 401], ['good', 200], ['good', 200]] as const) {
    t.equal((await get('/', token, { method: 'POST', payload: { a: 1 } })).statusCode, status, String(token))
  }
})
