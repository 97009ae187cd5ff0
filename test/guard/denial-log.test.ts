import t from 'tap'
import fastifyAuth from '@fastify/auth'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { startStandIn } from '../../lib/testing/index.ts'
import { activeResponse, bearer, roles, startGuardedApp, type AppSetup, type GuardedApp, type TestContext } from '../fixtures/guarded-app.ts'

interface Line { level: number, msg: string, code?: string, reason?: string, method?: string, route?: string, err?: { message: string, stack: string } }

interface LoggedApp extends GuardedApp {
  /** The lines with a reason, since the last call. */
  readonly takeDenials: () => Line[]
  readonly lines: Line[]
}

async function startLoggedApp (t: TestContext, setup: AppSetup = {}): Promise<LoggedApp> {
  const lines: Line[] = []
  const guarded = await startGuardedApp(t, { ...setup, server: { ...setup.server, logger: { level: 'info', stream: { write: (line) => { lines.push(JSON.parse(line)) } } } } })
  return { ...guarded, lines, takeDenials: () => lines.splice(0).filter(({ reason }) => reason !== undefined) }
}

/** What errors a user's handler may make of a denial. */
const handlers: Record<string, (app: FastifyInstance) => void> = {
  'the default error handler': () => {},
  'a custom error handler that logs nothing': (app) => { app.setErrorHandler((error: Error, _request, reply) => reply.send({ message: error.message })) },
  'a custom error handler that sends the error on': (app) => { app.setErrorHandler((error, _request, reply) => reply.send(error)) }
}

for (const [name, setHandler] of Object.entries(handlers)) {
  t.test(`a denial writes one line with code and reason under ${name}`, async (t) => {
    const { app, get, takeDenials } = await startLoggedApp(t)
    setHandler(app)
    app.get('/orders/:id', { config: { roles: ['admin'] } }, async () => 'served')
    const expected: Array<[token: string | null, status: number, code: string, reason: string]> = [
      [null, 401, 'FST_ZITADEL_NO_TOKEN', 'token_missing'],
      ['a b', 400, 'FST_ZITADEL_INVALID_REQUEST', 'token_malformed'],
      ['bad', 401, 'FST_ZITADEL_INVALID_TOKEN', 'token_inactive'],
      ['good', 403, 'FST_ZITADEL_INSUFFICIENT_ROLE', 'roles_absent']
    ]
    for (const [token, status, code, reason] of expected) {
      t.equal((await get('/orders/7?key=k4n4ry', token)).statusCode, status)
      t.match(takeDenials(), [{ level: 30, code, reason, method: 'GET', route: '/orders/:id' }], reason)
    }
  })
}

t.test('no line of a denial contains a stack', async (t) => {
  const { app, get, lines } = await startLoggedApp(t)
  app.get('/', { config: { roles: ['admin'] } }, async () => 'served')
  for (const token of [null, 'a b', 'bad', 'good']) await get('/', token)
  t.equal(lines.filter(({ err }) => err !== undefined).length, 4, 'the default error handler logs the error')
  for (const line of lines) t.notMatch(JSON.stringify(line), /\\n\s*at /)
})

t.test('the response is the same as without a reason', async (t) => {
  const { app, get } = await startLoggedApp(t)
  app.get('/', { config: { roles: ['admin'] } }, async () => 'served')
  t.strictSame((await get('/')).json(), { statusCode: 403, code: 'FST_ZITADEL_INSUFFICIENT_ROLE', error: 'Forbidden', message: 'The caller does not hold a required role' })
})

t.test('a logger that is off, or set to a higher level, writes nothing', async (t) => {
  const { app, get } = await startGuardedApp(t)
  app.get('/', async () => 'served')
  t.equal((await get('/', 'bad')).statusCode, 401)
  const lines: string[] = []
  const quiet = await startGuardedApp(t, { server: { logger: { level: 'warn', stream: { write: (line) => { lines.push(line) } } } } })
  quiet.app.get('/', async () => 'served')
  t.equal((await quiet.get('/', 'bad')).statusCode, 401)
  t.strictSame(lines, [])
})

t.test('an outage and a programming error write no denial line', async (t) => {
  const { app, get, takeDenials } = await startLoggedApp(t, { responses: { down: () => { throw new Error('down') } }, options: { tokenFrom: (request) => request.headers['x-wrong'] && 7 as never } })
  app.get('/', async () => 'served')
  t.equal((await get('/', 'down')).statusCode, 503)
  t.equal((await get('/', null, { headers: { 'x-wrong': '1' } })).statusCode, 500)
  t.strictSame(takeDenials(), [])
})

t.test('a denial after the body writes one line', async (t) => {
  const { app, clock, get, takeDenials } = await startLoggedApp(t, { responses: { brief: () => activeResponse({ exp: clock.seconds + 60 }) } })
  app.get('/', { preParsing: async () => { clock.advance(61) } }, async () => 'served')
  t.equal((await get('/', 'brief')).statusCode, 401)
  t.match(takeDenials(), [{ code: 'FST_ZITADEL_INVALID_TOKEN', reason: 'token_expired' }])
})

t.test('the line of a 401 has its reason', async (t) => {
  const getReason = async (options: object, claims: object): Promise<unknown> => {
    const { app, get, takeDenials } = await startLoggedApp(t, { options, responses: { caller: activeResponse(claims) } })
    app.get('/', async () => 'served')
    await get('/', 'caller')
    return takeDenials().map(({ reason, msg }) => [reason, msg])
  }
  const prefix = 'fastify-zitadel: The access token is not valid here: '
  t.match(await getReason({}, { active: false }), [['token_inactive', `${prefix}ZITADEL says that it is not active`]])
  t.match(await getReason({}, { exp: 1 }), [['token_expired', `${prefix}it has expired`]])
  t.match(await getReason({}, { nbf: 1e10 }), [['token_not_yet_valid', `${prefix}it is not valid yet`]])
  t.match(await getReason({}, { cnf: {} }), [['token_bound', `${prefix}it is bound to a key`]])
  t.match(await getReason({ clients: ['web'] }, { client_id: 'other' }), [['client_not_listed', `${prefix}its client is not listed (option "clients")`]])
  t.match(await getReason({ clients: ['web'] }, { jti: '1' }), [['client_absent', `${prefix}it is a personal access token, which has no client`]])
  t.match(await getReason({ projectId: '1' }, { aud: ['2'] }), [['project_not_in_audience', `${prefix}the project is not in its audience (option "projectId")`]])
  t.match(await getReason({ personalAccessTokens: false }, { jti: '1' }), [['personal_access_token', `${prefix}it is a personal access token (option "personalAccessTokens")`]])
  t.match(await getReason({}, { act: 5 }), [['actor_malformed', `${prefix}its claim "act" is malformed`]])
})

t.test('the line of a request without a bearer token says whether it has another scheme', async (t) => {
  const { app, takeDenials } = await startLoggedApp(t, { options: { tokenFrom: (request) => request.headers['x-token'] as string | undefined } })
  app.get('/', async () => 'served')
  await app.inject({ url: '/', headers: { authorization: 'k4n4ry' } })
  const [line] = takeDenials()
  t.match(line, { code: 'FST_ZITADEL_NO_TOKEN', reason: 'scheme_not_bearer' })
  t.notMatch(JSON.stringify(line), 'k4n4ry')
  await app.inject({ url: '/', headers: { ...bearer('good'), 'x-token': 'other' } })
  t.match(takeDenials(), [{ code: 'FST_ZITADEL_INVALID_REQUEST', reason: 'several_tokens' }])
})

t.test('the line of a 403 has its reason', async (t) => {
  const responses = {
    none: activeResponse(),
    reader: activeResponse(roles({ reader: ['acme'] })),
    elsewhere: activeResponse(roles({ admin: ['other'] })),
    asked: activeResponse({ scope: 'openid orders:read', ...roles({ reader: ['acme'] }) }),
    custom: activeResponse(roles({ 'orders:read': ['other'] }))
  }
  const { app, get, takeDenials } = await startLoggedApp(t, { responses })
  const serve = (url: string, config: object): unknown => app.get(url, { config }, async () => 'served')
  serve('/role', { roles: ['admin'] })
  serve('/sets', { roles: [['admin', 'auditor'], ['owner']] })
  serve('/organization', { roles: ['admin'], organization: 'acme' })
  serve('/sets-organization', { roles: [['auditor'], ['admin']], organization: 'acme' })
  const functions: Array<[url: string, organization: (request: { body: { organization: string } }) => unknown, problem: string]> = [
    ['/nothing', () => undefined, 'it returned no string, but undefined'],
    ['/null', () => null, 'it returned no string, but null'],
    ['/number', () => 1, 'it returned no string, but number'],
    ['/empty', () => '', 'it returned an empty string'],
    ['/async', async () => 'acme', 'it returned a promise'],
    ['/rejects', async () => { throw new Error('unknown') }, 'it returned a promise'],
    ['/body', ({ body }) => body.organization, 'it threw a TypeError'],
    ['/throw', () => { throw 'no error' }, 'it threw an error'] // eslint-disable-line no-throw-literal
  ]
  for (const [url, organization] of functions) serve(url, { roles: ['admin'], organization })
  serve('/scope', { scopes: ['email'] })
  serve('/custom', { scopes: ['orders:read'] })
  serve('/custom-organization', { scopes: ['orders:read'], organization: 'acme' })
  const expected: Array<[url: string, token: string, reason: string, detail: string]> = [
    ['/role', 'none', 'roles_absent', 'contains no roles'],
    ['/role', 'reader', 'role_missing', 'the caller lacks a required role (required: admin)'],
    ['/sets', 'elsewhere', 'role_missing', '(required: admin and auditor, or owner)'],
    ['/organization', 'elsewhere', 'role_in_other_organization', 'not in the required organization (required: admin in the organization acme)'],
    ['/organization', 'reader', 'role_missing', '(required: admin in the organization acme)'],
    ['/sets-organization', 'elsewhere', 'role_in_other_organization', '(required: auditor, or admin in the organization acme)'],
    ...functions.map(([url,, problem]): typeof expected[number] => [url, 'elsewhere', 'organization_unknown', `the function "organization" of this route gave no id (${problem})`]),
    ['/scope', 'none', 'scope_missing', 'requested without the scope (required: email)'],
    ['/custom', 'asked', 'custom_scope_not_a_role', '(option "customScopes") (required: orders:read)'],
    ['/custom', 'none', 'custom_scope_not_a_role', 'looked for among the roles'],
    ['/custom-organization', 'custom', 'role_in_other_organization', '(required: orders:read in the organization acme)']
  ]
  for (const [url, token, reason, detail] of expected) {
    t.equal((await get(url, token)).statusCode, 403, url)
    const lines = takeDenials()
    t.equal(lines.length, 1)
    t.equal(lines[0]!.reason, reason)
    t.match(lines[0]!.msg, detail)
  }
})

t.test('a line is bounded for any requirement', async (t) => {
  const { app, get, takeDenials } = await startLoggedApp(t)
  app.get('/', { config: { roles: Array.from({ length: 1000 }, (_, i) => `role-${i}`) } }, async () => 'served')
  await get('/')
  t.ok(takeDenials()[0]!.msg.length < 600)
})

t.test('a JWT of another issuer is named as the reason', async (t) => {
  const standIn = await startStandIn()
  t.teardown(async () => await standIn.close())
  const { app, get, takeDenials } = await startLoggedApp(t, { options: { issuer: standIn.issuer, credentials: standIn.credentials, introspect: undefined as never } })
  app.get('/', async () => 'served')
  const createJwt = (iss: string): string => `eyJhbGciOiJSUzI1NiJ9.${Buffer.from(JSON.stringify({ iss, sub: 'k4n4ry' })).toString('base64url')}.c2lnbmF0dXJl`
  await get('/', createJwt('https://login.other.example'))
  const [line] = takeDenials()
  t.match(line, { code: 'FST_ZITADEL_INVALID_TOKEN', reason: 'other_issuer', msg: '(iss: https://login.other.example)' })
  t.notMatch(JSON.stringify(line), 'k4n4ry')
  await get('/', createJwt('https://login.other.example/k4n4ry'))
  const [hidden] = takeDenials()
  t.equal(hidden!.reason, 'other_issuer')
  t.notMatch(JSON.stringify(hidden), 'k4n4ry')
  await get('/', createJwt(standIn.issuer))
  t.match(takeDenials(), [{ reason: 'token_inactive' }])
})

async function verifyApiKey (request: FastifyRequest): Promise<void> {
  if (request.headers['x-api-key'] !== 'key') throw Object.assign(new Error('wrong key'), { statusCode: 401 })
}

t.test('a strategy writes a line only if the request fails', async (t) => {
  const { app, get, takeDenials } = await startLoggedApp(t)
  await app.register(fastifyAuth)
  const handler = async (_request: FastifyRequest, _reply: FastifyReply): Promise<string> => 'served'
  const strategy = app.zitadel.require({ roles: ['admin'] })
  app.get('/key-last', { config: { access: 'own' }, onRequest: app.auth([strategy, verifyApiKey]) }, handler)
  app.get('/key-first', { config: { access: 'own' }, onRequest: app.auth([verifyApiKey, strategy]) }, handler)
  app.get('/two', { config: { access: 'own' }, onRequest: app.auth([app.zitadel.require({ scopes: ['email'] }), strategy]) }, handler)
  for (const url of ['/key-last', '/key-first']) {
    t.equal((await get(url, 'bad', { headers: { ...bearer('bad'), 'x-api-key': 'key' } })).statusCode, 200)
    t.strictSame(takeDenials(), [], 'the key is enough')
    await get(url, 'bad')
    t.match(takeDenials(), [{ code: 'FST_ZITADEL_INVALID_TOKEN', reason: 'token_inactive' }], url)
  }
  t.equal((await get('/two')).statusCode, 403)
  t.match(takeDenials(), [{ reason: 'roles_absent' }], 'the last failure')
})

t.test('a strategy writes its line if the error handler answers with another status', async (t) => {
  const { app, get, takeDenials } = await startLoggedApp(t)
  const hook = { config: { access: 'own' as const }, onRequest: app.zitadel.require({ roles: ['admin'] }) }
  const answers: Record<string, (error: Error, request: FastifyRequest, reply: FastifyReply) => unknown> = {
    '/hidden': (_error, _request, reply) => { reply.callNotFound() },
    '/login': (_error, _request, reply) => reply.redirect('/', 302),
    '/failed': (_error, _request, reply) => reply.code(500).send()
  }
  for (const [url, errorHandler] of Object.entries(answers)) app.get(url, { ...hook, errorHandler }, async () => 'served')
  for (const url of Object.keys(answers)) {
    await get(url)
    t.match(takeDenials(), [{ code: 'FST_ZITADEL_INSUFFICIENT_ROLE', route: url }])
  }
})

t.test('a strategy writes no line if another let the request in, whatever the handler answers', async (t) => {
  const { app, get, takeDenials } = await startLoggedApp(t)
  await app.register(fastifyAuth)
  app.get('/', { config: { access: 'own' }, onRequest: app.auth([app.zitadel.require({ roles: ['admin'] }), (_request, _reply, done) => done()]) }, async (_request, reply) => await reply.code(403).send())
  t.equal((await get('/')).statusCode, 403)
  t.strictSame(takeDenials(), [])
})

t.test('a strategy writes no line if a composition of the app answers in its own way', async (t) => {
  const { app, get, takeDenials } = await startLoggedApp(t)
  const strategy = app.zitadel.require({ roles: ['admin'] })
  app.get('/', { config: { access: 'own' }, onRequest: (request, reply) => strategy(request, reply, () => { reply.code(404).send() }) }, async () => 'served')
  t.equal((await get('/')).statusCode, 404)
  t.strictSame(takeDenials(), [])
})

t.test('a strategy that fails in two hooks writes one line', async (t) => {
  const { app, get, takeDenials } = await startLoggedApp(t)
  await app.register(fastifyAuth)
  const strategy = app.zitadel.require({ roles: ['admin'] })
  app.get('/', { config: { access: 'own' }, onRequest: app.auth([strategy, (_request, _reply, done) => done()]), preHandler: [strategy] }, async () => 'served')
  app.get('/swallowed', { config: { access: 'own' }, onRequest: app.auth([strategy, (_request, _reply, done) => done()]), preHandler: (request, reply, done) => strategy(request, reply, () => { reply.code(403).send(); done() }) }, async () => 'served')
  for (const url of ['/', '/swallowed']) {
    t.equal((await get(url)).statusCode, 403)
    t.match(takeDenials(), [{ reason: 'roles_absent' }])
  }
})

t.test('a hook that passes a request on too early is logged as an error, and one that waits is not', async (t) => {
  const { app, get, lines } = await startLoggedApp(t)
  const strategy = app.zitadel.require()
  const config = { access: 'own' } as const
  app.get('/early', { config, onRequest: async (request, reply) => { strategy(request, reply, () => {}) } }, async () => 'served')
  app.get('/waiting', { config, onRequest: strategy }, async () => 'served')
  for (const [url, count] of [['/early', 1], ['/waiting', 0]] as const) {
    await app.zitadel.forget({ token: 'good' })
    lines.length = 0
    t.equal((await get(url, 'good')).statusCode, 200)
    const errors = lines.filter(({ level }) => level >= 50)
    t.equal(errors.length, count, url)
    for (const line of errors) t.match(line, { method: 'GET', route: url, msg: /^fastify-zitadel: a hook has passed the request on before a check of its token ended/ })
  }
})
