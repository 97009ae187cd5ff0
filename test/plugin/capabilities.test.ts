import t from 'tap'
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'
import type { RouteHandlerMethod } from 'fastify'
import swagger from '@fastify/swagger'
import { Registration } from '../../lib/registration.ts'
import type { ZitadelOptions } from '../../lib/index.ts'
import { activeResponse, startGuardedApp, type GuardedApp, type TestContext } from '../fixtures/guarded-app.ts'

interface Line { readonly msg: string, readonly level: number, readonly code?: string, readonly repeated?: number }

interface Case extends GuardedApp {
  /** The response about each token from now on. An error is thrown. */
  respond: (response: object | Error) => void
  /** The lines of the plugin. */
  lines: Line[]
}

async function startCase (t: TestContext, options: ZitadelOptions = {}): Promise<Case> {
  let response: object | Error = activeResponse()
  const lines: Case['lines'] = []
  const write = (text: string): void => {
    const line = JSON.parse(text) as Line
    if (line.msg.startsWith('fastify-zitadel: ')) lines.push(line)
  }
  const give = (): object => {
    if (response instanceof Error) throw response
    return response
  }
  const guarded = await startGuardedApp(t, { responses: { good: give }, options, server: { logger: { level: 'warn', stream: { write } } } })
  return { ...guarded, lines, respond: (next) => { response = next } }
}

/** Resolves when everything that needs no timer has happened. */
async function settle (): Promise<void> {
  for (let i = 0; i < 5; i++) await turn()
}

t.test('a stream ends when its token is forgotten, and when another request finds it inactive', async (t) => {
  for (const end of ['forget', 'request'] as const) {
    const { app, get, respond, zitadel } = await startCase(t)
    const reasons: string[] = []
    app.get('/', async (request) => { app.zitadel.onEnd(request, (reason) => { reasons.push(reason) }) })
    app.get('/fresh', { config: { scopes: [], freshness: 0 } }, async () => '')
    t.equal((await get('/')).statusCode, 200)
    respond({ active: false })
    if (end === 'forget') await zitadel().forget({ token: 'good' })
    else t.equal((await get('/fresh')).statusCode, 401)
    await settle()
    t.same(reasons, ['revoked'], end)
  }
})

t.test('after close() no stream ends, and the lines that were counted are written', async (t) => {
  const { app, clock, get, respond, lines } = await startCase(t)
  const reasons: string[] = []
  app.get('/', async (request) => { app.zitadel.onEnd(request, (reason) => { reasons.push(reason) }) })
  const exp = Math.ceil(clock.wall() / 1000) + 10
  clock.advance((exp * 1000 - 20 - clock.wall()) / 1000)
  respond(activeResponse({ exp }))
  t.equal((await get('/')).statusCode, 200)
  respond(new Error('down'))
  for (const token of ['good', 'good']) {
    clock.advance(0.001)
    await app.zitadel.forget({ token })
    t.equal((await get('/')).statusCode, 503)
  }
  t.equal(lines.length, 1)
  await app.close()
  t.match(lines.slice(1), [{ code: 'FST_ZITADEL_UNAVAILABLE', repeated: 1 }])
  clock.advance(1)
  await delay(40)
  t.same(reasons, [])
})

t.test('with staleIfError, a verdict is used past its ttl, and the log says so', async (t) => {
  const { app, clock, get, respond, lines } = await startCase(t, { staleIfError: 60 })
  app.get('/', async (request) => ({ stale: request.zitadel.stale }))
  t.same((await get('/')).json(), { stale: false })
  respond(new Error('down'))
  clock.advance(31)
  t.same((await get('/')).json(), { stale: true })
  t.match(lines.at(-1), { code: 'FST_ZITADEL_STALE', level: 40, msg: 'fastify-zitadel: ZITADEL cannot be reached: verdicts are used past their ttl (option "staleIfError")' })
})

t.test('only with the option resource the metadata is served, with a warning if there is no projectId', async (t) => {
  const resource = { issuer: 'https://auth.acme.example', resource: 'https://api.acme.example' }
  const url = '/.well-known/oauth-protected-resource'
  for (const [options, status, warnings] of [[{}, 404, 0], [resource, 200, 1], [{ ...resource, projectId: '7' }, 200, 0]] as const) {
    const { app, get, lines } = await startCase(t, options)
    app.get('/', async () => 'served')
    t.equal((await get(url, null)).statusCode, status)
    t.equal(lines.filter(({ msg }) => msg.includes('option "resource" without "projectId"')).length, warnings)
  }
})

t.test('authInfo() has the token only if it is asked for', async (t) => {
  const { app, get } = await startCase(t)
  const tokens: unknown[] = []
  const handler: RouteHandlerMethod = async (request) => { tokens.push(app.zitadel.authInfo(request)?.token, app.zitadel.authInfo(request, {})?.token, app.zitadel.authInfo(request, { token: true })?.token) }
  app.get('/', handler)
  await get('/')
  t.same(tokens, ['', '', 'good'])
})

t.test('a route without a declaration is refused, and a not-found handler is warned about', async (t) => {
  const { app } = await startCase(t, { undeclaredRoutes: 'refused' })
  app.get('/', async () => 'served')
  await t.rejects(async () => { await app.ready() }, { code: 'FST_ZITADEL_OPTION', message: /GET \// })
  const other = await startCase(t)
  other.app.setNotFoundHandler(async () => 'served')
  await other.app.ready()
  t.match(other.lines, [{ msg: /setNotFoundHandler|not-found handler/ }])
})

t.test('a document has the requirements of routes that are declared after the registration', async (t) => {
  const { app } = await startCase(t)
  const docs = app.zitadel.openapi({ clientId: '1', projectId: '2', issuer: 'https://auth.acme.example' })
  await app.register(swagger, docs.swagger({ openapi: {} }))
  app.get('/', { config: { roles: ['reader'] } }, async () => 'served')
  await app.ready()
  t.ok(app.swagger().paths!['/']!.get!.security)
})

t.test('an introspection is traced if something observes it', async (t) => {
  const registration = new Registration()
  t.equal(registration.isTraced, false)
  registration.wrapper = async (_message, run) => await run()
  t.equal(registration.isTraced, true)
  t.equal(new Registration().id, registration.id + 1)
})
