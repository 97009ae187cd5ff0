import t from 'tap'
import Fastify, { type FastifyError } from 'fastify'
import { once } from 'node:events'
import { Agent, request, type IncomingMessage } from 'node:http'
import { ZitadelError } from '../../lib/index.ts'
import { createPlugin } from '../../lib/plugin.ts'
import { systemClock, type Clock } from '../../lib/clock.ts'
import { getter, startGuardedApp, listen, activeResponse, roles, type AppSetup, type GuardedApp, type TestContext } from '../fixtures/guarded-app.ts'

async function withCode (t: TestContext, given: AppSetup, code: number): Promise<GuardedApp> {
  const all = await startGuardedApp(t, given)
  all.app.get('/', { onRequest: async (_request, reply) => { reply.code(code) } }, async () => 'served')
  return all
}

t.test('a status that an earlier hook has set is kept after an allowed request', async (t) => {
  for (const code of [202, 404, 418, 500]) {
    const { get } = await withCode(t, {}, code)
    const reply = await get('/')
    t.equal(reply.statusCode, code)
    t.equal(reply.body, 'served')
  }
})

t.test('a status that an earlier hook has set is kept after an introspection', async (t) => {
  const { app, get, zitadel, calls } = await withCode(t, {}, 404)
  app.addHook('preValidation', async () => await zitadel().forget({ token: 'good' }))
  const reply = await get('/')
  t.equal(reply.statusCode, 404)
  t.equal(reply.body, 'served')
  t.strictSame(calls, ['good', 'good'])
})

t.test('the second check sets the status itself, for an error handler that sets none', async (t) => {
  let answers: Array<() => object> = []
  const { app, get, zitadel } = await startGuardedApp(t, { responses: { caller: () => answers.shift()!() } })
  app.setErrorHandler((error: FastifyError, _request, reply) => reply.send({ code: error.code }))
  app.get('/', { config: { roles: ['admin'] }, preValidation: async () => await zitadel().forget({ token: 'caller' }) }, async () => 'served')
  const admin = (): object => activeResponse(roles({ admin: ['acme'] }))
  const second: Array<[answer: () => object, status: number, code: string]> = [
    [() => activeResponse(), 403, 'FST_ZITADEL_INSUFFICIENT_ROLE'],
    [() => ({ active: false }), 401, 'FST_ZITADEL_INVALID_TOKEN'],
    [() => { throw new Error('down') }, 503, 'FST_ZITADEL_UNAVAILABLE']
  ]
  for (const [answer, status, code] of second) {
    await zitadel().forget({ token: 'caller' })
    answers = [admin, answer]
    const reply = await get('/', 'caller')
    t.equal(reply.statusCode, status)
    t.equal(reply.json().code, code)
  }
})

// With a body that took no time, the clock is read for the renewed verdict only.
for (const milliseconds of [0, 60]) {
  t.test(`an error of this API in the second check is a 500, not the 401 of @fastify/auth, after ${milliseconds} ms`, async (t) => {
    let broken = false
    const clock: Clock = {
      wall: () => { if (broken) throw new Error('no time'); return Date.now() },
      monotonic: () => systemClock.monotonic() + (broken ? milliseconds : 0)
    }
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(createPlugin(clock), { introspect: async () => activeResponse() })
    app.setErrorHandler((error: FastifyError, _request, reply) => reply.send({ message: error.message }))
    const breaks = async (): Promise<void> => {
      await app.zitadel.forget({ sub: 'ada' })
      broken = true
    }
    app.get('/', { preValidation: breaks }, async () => 'served')
    const reply = await getter(app)('/')
    t.equal(reply.statusCode, 500)
    t.equal(reply.json().message, 'no time')
  })
}

t.test('an error has what a custom error handler needs', async (t) => {
  const { app, get } = await startGuardedApp(t)
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    if (error instanceof ZitadelError) reply.headers(error.headers)
    return reply.code(error.statusCode ?? 500).send({ text: error.message, of: error.code })
  })
  app.get('/', { config: { scopes: ['email'] } }, async () => 'served')
  const reply = await get('/')
  t.equal(reply.statusCode, 403)
  t.equal(reply.headers['www-authenticate'], 'Bearer error="insufficient_scope", scope="email"')
  t.strictSame(reply.json(), { text: 'The access token lacks a required scope', of: 'FST_ZITADEL_INSUFFICIENT_SCOPE' })
})

t.test('after a denial, the connection serves the next request', async (t) => {
  const { app } = await startGuardedApp(t)
  app.get('/', async () => 'served')
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  const port = await listen(app)
  const get = async (headers: Record<string, string>): Promise<[status: number | undefined, reused: boolean]> => {
    const asked = request({ port, host: '127.0.0.1', agent, headers }).end()
    const [response] = await once(asked, 'response') as [IncomingMessage]
    await once(response.resume(), 'end')
    return [response.statusCode, asked.reusedSocket]
  }
  t.strictSame(await get({}), [401, false])
  // One more round trip: an end of the connection after the response would be noticed.
  await new Promise(setImmediate)
  t.strictSame(await get({ authorization: 'Bearer good' }), [200, true])
})
