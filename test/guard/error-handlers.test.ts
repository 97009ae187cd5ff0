import t from 'tap'
import { once } from 'node:events'
import { connect } from 'node:http2'
import { Readable } from 'node:stream'
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import fastifyAuth from '@fastify/auth'
import zitadel, { ZitadelError, type ZitadelOptions } from '../../lib/index.ts'
import { createUnavailableError, OutageError } from '../../lib/failures.ts'
import { activeResponse, createIntrospect, startGuardedApp, type AppSetup, type GuardedApp, type TestContext } from '../fixtures/guarded-app.ts'

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

/** Ways to a 500 for each error. */
const internalErrors: Record<string, (app: FastifyInstance) => void> = {
  'a handler that answers 500 for what it does not know': (app) => { app.setErrorHandler((_error, _request, reply) => reply.code(500).send({ message: 'Internal error' })) },
  'an asynchronous handler that answers 500 with a stream': (app) => { app.setErrorHandler(async (_error, _request, reply) => await reply.code(500).send(Readable.from(['Internal error']))) },
  'a handler that writes to the socket itself': (app) => {
    app.setErrorHandler((_error, _request, reply) => {
      const { raw } = reply.hijack()
      for (const [name, value] of Object.entries(reply.getHeaders())) raw.setHeader(name, value!)
      raw.statusCode = 500
      raw.end('Internal error')
    })
  },
  'the default handler, and a schema that the body of the error does not match': (app) => {
    app.addHook('onRoute', (route) => { route.schema = { response: { '4xx': { type: 'object', required: ['hint'], properties: { hint: { type: 'string' } } } } } })
  }
}

for (const [what, set] of Object.entries(internalErrors)) {
  t.test(`the status of a denial stays: ${what}`, async (t) => {
    const { app, get } = await startGuardedApp(t, { responses: { down: () => { throw new Error('down') } } })
    set(app)
    app.get('/', { config: { roles: ['admin'] } }, async () => 'served')
    app.get('/own', { config: { access: 'own' }, onRequest: app.zitadel.require({ roles: ['admin'] }) }, async () => 'served')
    app.get('/fails', { config: { scopes: [] } }, async () => { throw new Error('a defect') })
    for (const url of ['/', '/own']) {
      for (const [token, status, header] of [[null, 401, 'www-authenticate'], ['bad', 401, 'www-authenticate'], ['a b', 400, 'www-authenticate'], ['good', 403, 'www-authenticate'], ['down', 503, 'retry-after']] as const) {
        const response = await get(url, token)
        t.equal(response.statusCode, status, `${url} ${token}`)
        t.ok(response.headers[header])
      }
    }
    t.equal((await get('/fails')).statusCode, 500, 'another failure is a 500')
  })
}

t.test('an error of a function of the options keeps its status under any error handler', async (t) => {
  let isReady: boolean
  const failing = (statusCode?: unknown) => () => {
    if (isReady) throw Object.assign(new Error('no'), { statusCode })
    return 'protected' as never
  }
  for (const answer of [(reply: FastifyReply) => reply, (reply: FastifyReply) => reply.code(500)]) {
    for (const [status, expected] of [[400, 400], [418, 418], [undefined, 500], [200, 500], ['400', 500], [400.5, 500], [600, 500]] as const) {
      const start = async (options: ZitadelOptions): Promise<number> => {
        const app = Fastify()
        t.teardown(async () => await app.close())
        app.setErrorHandler((_error, _request, reply) => answer(reply).send({}))
        app.get('/', async () => 'served')
        isReady = false
        await app.register(zitadel, { introspect: createIntrospect({}).introspect, ...options })
        await app.ready()
        isReady = true
        return (await app.inject('/')).statusCode
      }
      t.equal(await start({ tokenFrom: failing(status) }), expected, `tokenFrom ${status}`)
      t.equal(await start({ undeclaredRoutes: failing(status) }), expected, `undeclaredRoutes ${status}`)
    }
  }
})

t.test('an error of tokenFrom in a strategy keeps its status under any error handler, and another error does not', async (t) => {
  const { app, get } = await startNaiveApp(t, { options: { tokenFrom: () => { throw Object.assign(new Error('no'), { statusCode: 418 }) } } })
  app.get('/own', { config: { access: 'own' }, onRequest: app.zitadel.require() }, async () => 'served')
  app.get('/other', { config: { access: 'own' }, onRequest: async () => { throw Object.assign(new Error('no'), { statusCode: 418 }) } }, async () => 'served')
  t.equal((await get('/own', null)).statusCode, 418)
  t.equal((await get('/other', null)).statusCode, 200)
})

t.test('any other status that an error handler sets for a denial is sent', async (t) => {
  const { app, get } = await startGuardedApp(t)
  app.setErrorHandler((error: Error, _request, reply) => error instanceof ZitadelError && error.statusCode === 403 ? reply.code(404).send({}) : reply.redirect('/login', 303))
  app.get('/', { config: { roles: ['admin'] } }, async () => 'served')
  t.equal((await get('/')).statusCode, 404)
  t.equal((await get('/', null)).statusCode, 303)
})

t.test('over HTTP/2, the status of a denial stays too', async (t) => {
  const app = Fastify({ http2: true })
  t.teardown(async () => await app.close())
  await app.register(zitadel, { introspect: createIntrospect({}).introspect })
  app.setErrorHandler((_error, _request, reply) => reply.code(500).send({}))
  app.get('/', async () => 'served')
  const client = connect(await app.listen({ host: '127.0.0.1', port: 0 }))
  t.teardown(() => client.destroy())
  const [headers] = await once(client.request({ ':path': '/' }), 'response') as [Record<string, unknown>]
  t.equal(headers[':status'], 401)
  t.equal(headers['www-authenticate'], 'Bearer')
})

t.test('a strategy can be a hook of preParsing', async (t) => {
  const { app, get } = await startGuardedApp(t)
  const handler = async (): Promise<string> => 'served'
  app.post('/', { config: { access: 'own' }, preParsing: app.zitadel.require() as never }, handler)
  for (const [token, status] of [[null, 401], ['bad', 401], ['good', 200], ['good', 200]] as const) {
    t.equal((await get('/', token, { method: 'POST', payload: { a: 1 } })).statusCode, status, String(token))
  }
})
