import t from 'tap'
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { diagnoseAccess } from '../../lib/cli/access/access-diagnosis.ts'
import { describeCure } from '../../lib/cli/access/denial-cures.ts'
import type { Diagnosis } from '../../lib/cli/diagnosis.ts'
import zitadel, { type ZitadelOptions } from '../../lib/index.ts'
import { fakeZitadel } from '../../lib/testing/index.ts'
import type { TestContext } from '../fixtures/guarded-app.ts'
import { readerToken, traces } from '../fixtures/servers/logging.ts'
import { runCommand } from '../fixtures/terminal.ts'

const { introspect, as } = fakeZitadel()
const getToken = ({ authorization }: { authorization: string }): string => authorization.slice('Bearer '.length)
const never = async (): Promise<never> => { throw new Error('a handler ran') }

/** An app whose handlers must not run. */
async function buildApp (t: TestContext, options: ZitadelOptions = {}): Promise<FastifyInstance> {
  const app = Fastify({ routerOptions: { ignoreTrailingSlash: true } })
  t.teardown(async () => await app.close())
  app.get('/outside', never)
  await app.register(async (scope) => {
    await scope.register(zitadel, { introspect, ...options })
    scope.get('/orders/:id', { config: { roles: [['admin', 'auditor'], ['reader']], organization: '42', freshness: 5 } }, never)
    scope.post('/orders', { config: { roles: ['writer'] }, schema: { body: { type: 'object', required: ['id'] } } }, never)
    scope.get('/orders', { config: { scopes: ['profile'] } }, never)
    scope.get('/custom', { config: { scopes: ['orders:read'] } }, never)
    scope.get('/tenants/:id', { config: { roles: ['reader'], organization: ({ params }) => (params as { id: string }).id } }, never)
    scope.get('/any', never)
    scope.get('/open', { config: { access: 'public' } }, never)
    scope.get('/maybe', { config: { access: 'optional' } }, never)
    scope.get('/own', { config: { access: 'own' }, preHandler: async (_request, reply) => await reply.code(418).send() }, never)
    scope.get('/strategy', { config: { access: 'own' }, onRequest: scope.zitadel.require({ roles: ['admin'] }) }, never)
    scope.get('/hidden', { config: { access: 'public' }, preHandler: (_request, reply) => { reply.callNotFound() } }, never)
    scope.get('/concealed', { config: { roles: ['reader'] }, onRequest: (_request, reply) => { reply.callNotFound() } }, never)
    scope.get('/limited', { config: { roles: ['reader'] }, preHandler: async () => { throw Object.assign(new Error('CANARY'), { statusCode: 429 }) } }, never)
    scope.get('/version', { config: { roles: ['v1'] }, constraints: { version: '1.0.0' } }, never)
    scope.get('/version', { config: { roles: ['v2'] }, constraints: { version: '2.0.0' } }, never)
    scope.addHook('onSend', never)
    scope.addHook('onResponse', never)
  })
  return app
}

interface Given { readonly method?: string, readonly token?: string | undefined, readonly headers?: Record<string, string>, readonly options?: ZitadelOptions }

async function examine (t: TestContext, url: string, { method = 'GET', token, headers = {}, options }: Given = {}): Promise<Record<string, Diagnosis>> {
  const diagnoses = await diagnoseAccess(await buildApp(t, options), { method, url, headers }, token)
  return Object.fromEntries(diagnoses.map((diagnosis) => [diagnosis.id, diagnosis]))
}

t.test('an allowed request is explained by its route, its rule and the grants of the caller', async (t) => {
  const token = getToken(as({ roles: { reader: { 42: 'a.example', 7: 'b.example' } }, scopes: ['profile', 'openid'] }))
  const { route, rule, caller, access } = await examine(t, '/orders/1?x=1', { token })
  t.equal(route?.message, 'The route is GET /orders/:id')
  t.equal(rule?.message, 'It requires roles admin and auditor, or reader, organization 42, freshness 5 s')
  t.equal(caller?.message, 'The caller holds the roles reader (organization 42, 7). Scopes of the token: openid profile')
  t.match(access, { status: 'ok', message: 'Allowed' })
  const other = await examine(t, '/any', { token: getToken(as({ roles: { writer: { 7: 'b.example' }, reader: { 42: 'a.example' } }, scopes: ['openid'] })) })
  t.equal(other['caller']?.message, 'The caller holds the roles reader (organization 42), writer (organization 7). Scopes of the token: openid')
  t.match(await examine(t, '/orders/1', { method: 'HEAD', token }), { route: { message: 'The route is HEAD /orders/:id' }, access: { status: 'ok' } })
})

t.test('a hook that calls the not-found handler denies the request to its route', async (t) => {
  const reader = getToken(as({ roles: ['reader'] }))
  const hidden = { cause: 'refused_by_app', message: 'A hook of the app answers 404' }
  for (const [url, token, access] of [['/hidden', undefined, hidden], ['/concealed', reader, hidden], ['/concealed', undefined, { cause: 'token_missing' }]] as const) {
    t.match(await examine(t, url, { token }), { route: { status: 'ok', message: `The route is GET ${url}` }, access: { status: 'failed', ...access } }, url)
  }
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(zitadel, { introspect, unmatched: 'protected' })
  app.get('/hidden', { config: { access: 'public' }, preHandler: (_request, reply) => { reply.callNotFound() } }, never)
  t.match(await diagnoseAccess(app, { method: 'GET', url: '/hidden', headers: {} }, undefined), [{ message: 'The route is GET /hidden' }, { message: 'It needs no token' }, { cause: 'token_missing' }])
})

t.test('a denied request is explained by the reason and by what would allow it', async (t) => {
  for (const [url, token, reason, cure, method] of [
    ['/orders/1', undefined, 'token_missing', 'Give a token with --token-file'],
    ['/orders/1', 'a b', 'token_malformed', /Run the doctor without --app/],
    ['/orders/1', getToken(as.expired()), 'token_inactive', /Run the doctor without --app/],
    ['/orders/1', getToken(as()), 'roles_absent', 'Assign roles to the caller in the organization 42: admin and auditor, or reader'],
    ['/orders/1', getToken(as({ roles: { reader: { 7: 'b.example' } } })), 'role_in_other_organization', 'Assign the role in the organization 42'],
    ['/tenants/3', getToken(as({ roles: { reader: { 7: 'b.example' } } })), 'role_in_other_organization', /organization of the request/],
    ['/orders', getToken(as({ roles: ['reader'] })), 'role_missing', 'Assign roles to the caller: writer', 'POST'],
    ['/orders', getToken(as({ scopes: ['openid'] })), 'scope_missing', 'Let the client request the scopes: profile'],
    ['/custom', getToken(as({ scopes: ['orders:read'] })), 'custom_scope_not_a_role', 'Create a role with the name of the scope, and assign it: orders:read'],
    ['/strategy', getToken(as({ roles: ['reader'] })), 'role_missing', 'See the section of the reason']
  ] as const) {
    const { access } = await examine(t, url, { token, method: method ?? 'GET' })
    t.match(access, { status: 'failed', cause: reason, cure }, `${url} ${reason}`)
    t.equal(access?.see, `docs/its-${reason.startsWith('token_') ? 401 : 403}.md#${reason}`)
  }
})

t.test('if a token is not valid, the doctor without --app says why', async (t) => {
  for (const reason of ['token_inactive', 'token_expired', 'other_issuer', 'token_malformed'] as const) t.match(describeCure(reason, {}), /^Run the doctor without --app/)
})

t.test('a request without a body is tried on a route with a schema', async (t) => {
  t.match(await examine(t, '/orders', { method: 'POST', token: getToken(as({ roles: ['writer'] })) }), { access: { status: 'ok', message: 'Allowed' } })
})

t.test('a denial by an option names the option', async (t) => {
  const { access } = await examine(t, '/any', { token: getToken(as()), options: { clients: ['other'] } })
  t.match(access, { cause: 'client_not_listed', cure: 'See the section of the reason' })
})

t.test('the rule of a route is described in words', async (t) => {
  const token = getToken(as({ roles: ['reader'] }))
  for (const [url, rule, status] of [
    ['/any', /^It requires any active token, because it declares nothing and the option "undeclaredRoutes" decides$/, 'ok'],
    ['/open', /^It needs no token$/, 'ok'],
    ['/maybe', /^A token is checked if there is one$/, 'ok'],
    ['/own', /^Hooks of the app decide/, 'failed'],
    ['/limited', /^It requires roles reader$/, 'failed'],
    ['/outside', /outside of the scope/, 'ok']
  ] as const) {
    const diagnoses = await examine(t, url, { token })
    t.match(diagnoses['rule']?.message, rule)
    t.equal(diagnoses['access']?.status, status, url)
    t.notMatch(JSON.stringify(diagnoses), 'CANARY')
  }
  t.match(await examine(t, '/open', { options: { undeclaredRoutes: 'public' } }), { rule: { message: 'It needs no token' } })
  t.match(await examine(t, '/any', { options: { undeclaredRoutes: 'public' } }), { rule: { message: /^It needs no token, because/ } })
  t.match(await examine(t, '/limited', { token }), { access: { cause: 'refused_by_app', message: 'A hook of the app answers 429' } })
})

t.test('if no route matches, the methods of the URL are listed', async (t) => {
  t.match(await examine(t, '/orders', { method: 'DELETE' }), { route: { cause: 'route_unknown', message: 'No route matches. The URL is served for GET, POST' } })
  t.match(await examine(t, '/%zz'), { route: { cause: 'route_unknown', message: 'No route matches, and the app answers 400' } }, 'a URL that the router does not accept')
  const { route, ...others } = await examine(t, '/none')
  t.match(route, { cause: 'route_unknown', message: /^No route matches$/ })
  t.same(others, {})
})

t.test('if no route matches, the status is named that middleware or the guard answers', async (t) => {
  const examineUnmatched = async (url: string, token?: string): Promise<unknown> => {
    const app = Fastify()
    t.teardown(async () => await app.close())
    await app.register(zitadel, { introspect, unmatched: 'protected' })
    app.addHook('onRequest', async (request, reply) => { if (request.url !== '/stalled') return await reply.send('jobs') })
    app.addHook('onRequest', (_request, _reply, _done) => {})
    return (await diagnoseAccess(app, { method: 'GET', url, headers: {} }, token, 50))[0]!.message
  }
  t.equal(await examineUnmatched('/jobs'), 'No route matches, and the app answers 401')
  t.equal(await examineUnmatched('/jobs', getToken(as())), 'No route matches, and the app answers 200')
  t.equal(await examineUnmatched('/stalled', getToken(as())), 'No route matches')
})

t.test('while the methods of the URL are searched, no hook of the app runs', async (t) => {
  let count = 0
  const examineSeveral = async (method: string): Promise<unknown> => {
    const app = Fastify()
    t.teardown(async () => await app.close())
    await app.register(zitadel, { introspect })
    app.route({ method: ['PUT', 'PATCH'], url: '/several', config: { access: 'public' }, preHandler: async () => { count++ }, handler: never })
    const [route] = await diagnoseAccess(app, { method, url: '/several', headers: {} }, undefined)
    return route!.message
  }
  t.equal(await examineSeveral('GET'), 'No route matches. The URL is served for PUT, PATCH')
  t.equal(count, 0)
  for (const method of ['PUT', 'PATCH']) t.equal(await examineSeveral(method), `The route is ${method} /several`)
  t.equal(count, 2)
})

t.test('the time limit of the hooks does not keep the process alive', async (t) => {
  const app = await buildApp(t)
  await app.ready()
  const countTimers = (): number => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length
  const before = countTimers()
  await diagnoseAccess(app, { method: 'GET', url: '/open', headers: {} }, undefined, 60_000)
  t.ok(countTimers() <= before)
})

t.test('constraints select the route', async (t) => {
  const token = getToken(as({ roles: ['v2'] }))
  t.match(await examine(t, '/version', { token, headers: { 'accept-version': '2.0.0' } }), { rule: { message: 'It requires roles v2' }, access: { status: 'ok' } })
  t.match(await examine(t, '/version', { token, headers: { 'accept-version': '1.0.0' } }), { access: { cause: 'role_missing' } })
})

t.test('an outage and a wrong declaration are not reported as denials', async (t) => {
  t.match(await examine(t, '/any', { token: getToken(as.outage()) }), { access: { cause: 'not_decided', message: /503 FST_ZITADEL_UNAVAILABLE/ } })
  t.match(await examine(t, '/any', { options: { undeclaredRoutes: () => { throw new Error('none') } } as ZitadelOptions }).catch((error: Error) => error), { message: /none/ })
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(zitadel, { introspect })
  const changed: unknown[] = ['reader']
  app.get('/changed', { config: { roles: changed as string[] } }, never)
  await app.ready()
  changed.push(1)
  t.match(await diagnoseAccess(app, { method: 'GET', url: '/changed', headers: {} }, undefined), [{ id: 'route' }, { id: 'rule', cause: 'option_wrong', message: /GET \/changed: "roles" must be/ }])
})

t.test('a token that becomes inactive between two checks has no caller', async (t) => {
  let count = 0
  const app = await buildApp(t, { cache: false, introspect: async () => ({ active: ++count < 2 }) })
  t.same((await diagnoseAccess(app, { method: 'GET', url: '/any', headers: {} }, 'x')).map(({ id }) => id), ['route', 'rule', 'access'])
})

t.test('an outage after the decision hides the caller only', async (t) => {
  let count = 0
  const introspectOnce = async (): Promise<{ active: true, sub: string }> => {
    if (++count > 1) throw new Error('away')
    return { active: true, sub: 'ada' }
  }
  const app = await buildApp(t, { cache: false, introspect: introspectOnce })
  t.match(await diagnoseAccess(app, { method: 'GET', url: '/any', headers: {} }, 'x'), [{ id: 'route' }, { id: 'rule' }, { id: 'access', status: 'ok' }])
})

/** An app with a docs page, whose options are completed or not. */
async function buildDocs (t: TestContext, isCompleted: boolean, options: ZitadelOptions = {}): Promise<FastifyInstance> {
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(zitadel, { introspect, ...options })
  const docs = app.zitadel.openapi({ clientId: '1', projectId: '2', issuer: 'https://auth.acme.example' })
  await app.register(swagger, docs.swagger({ openapi: {} }))
  await app.register(swaggerUi, isCompleted ? docs.swaggerUi({ routePrefix: '/docs' }) : { routePrefix: '/docs' })
  return app
}

t.test('a docs page that needs a token is explained, and one with completed options is public', async (t) => {
  const guarded = await diagnoseAccess(await buildDocs(t, false), { method: 'GET', url: '/docs', headers: {} }, undefined)
  t.match(guarded.find(({ cause }) => cause === 'docs_page_guarded'), { id: 'rule', message: 'This looks like a route of a docs page, and a browser sends no token' })
  t.equal(guarded.at(-1)?.status, 'failed')
  const completed = await diagnoseAccess(await buildDocs(t, true), { method: 'GET', url: '/docs', headers: {} }, undefined)
  t.same(completed.map(({ id, status }) => [id, status]), [['route', 'ok'], ['rule', 'ok'], ['access', 'ok']])
})

t.test('only a hidden route that declares nothing and denies the request looks like one of a docs page', async (t) => {
  const hidden = { schema: { hide: true } as object }
  const addRoutes = (app: FastifyInstance): void => {
    app.get('/declared', { ...hidden, config: { roles: ['reader'] } }, never)
    app.get('/shown', never)
    app.get('/hidden', { ...hidden, preHandler: async () => { throw new Error('denied') } }, never)
  }
  const looksLikePage = async (app: FastifyInstance, url: string, token?: string): Promise<boolean> => (await diagnoseAccess(app, { method: 'GET', url, headers: {} }, token)).some(({ cause }) => cause === 'docs_page_guarded')
  const app = await buildDocs(t, false)
  addRoutes(app)
  t.ok(await looksLikePage(app, '/hidden'))
  t.notOk(await looksLikePage(app, '/docs', getToken(as())))
  t.notOk(await looksLikePage(app, '/declared'))
  t.notOk(await looksLikePage(app, '/shown'))
  const open = await buildDocs(t, false, { undeclaredRoutes: 'public' })
  addRoutes(open)
  t.notOk(await looksLikePage(open, '/hidden'), 'no token is needed')
  const other = Fastify()
  t.teardown(async () => await other.close())
  await other.register(zitadel, { introspect })
  addRoutes(other)
  t.notOk(await looksLikePage(other, '/hidden'), 'the app has no docs page')
})

t.test('any path that starts with a slash is tried as a client sends it, and is never taken for a host', async (t) => {
  const app = Fastify({ routerOptions: { ignoreDuplicateSlashes: true } })
  t.teardown(async () => await app.close())
  await app.register(zitadel, { introspect })
  for (const url of ['/', '/host', '/[', '/caf\u00E9', '/two words']) app.get(url, { config: { access: 'public' } }, never)
  for (const [url, route] of [
    ['/\\', '/'], ['/\\host', '/host'], ['//host', '/host'], ['/\\[', '/['], ['/host#fragment', '/host'], ['/host?q=a b', '/host'],
    ['/caf\u00E9', '/caf\u00E9'], ['/two words', '/two words'], ['/\n', '/'], ['/none/..', '/']
  ] as const) t.equal((await diagnoseAccess(app, { method: 'GET', url, headers: {} }, undefined))[0]!.message, `The route is GET ${route}`, JSON.stringify(url))
  for (const url of [`/${'x'.repeat(100_000)}`, '/:', '/*', '/\u{1D4B3}', '/%00']) t.match(await diagnoseAccess(app, { method: 'GET', url, headers: {} }, undefined), [{ cause: 'route_unknown' }])
})

t.test('a method that Node.js knows and the app does not has no route', async (t) => {
  for (const method of ['CONNECT', 'M-SEARCH', 'propfind']) t.match((await runCommand(['doctor', '--app', file, '--json', method, '/orders/1'])).output, /No route matches(?:, and the app answers 40\d)?\. The URL is served for GET/, method)
})

t.test('a hook that ends the connection is reported with its place, and without the message of its error', async (t) => {
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(zitadel, { introspect })
  const stalled = async (): Promise<void> => await new Promise(() => {})
  const config = { access: 'public' } as const
  app.get('/request', { config, preHandler: async ({ raw }) => { raw.destroy(); await stalled() } }, never)
  app.get('/request-error', { config, preHandler: async ({ raw }) => { raw.destroy(new Error('CANARY')); await stalled() } }, never)
  app.get('/response', { config, preHandler: async (_request, { raw }) => { raw.destroy(); await stalled() } }, never)
  app.get('/response-error', { config, preHandler: async (_request, { raw }) => { raw.destroy(new Error('CANARY')); await stalled() } }, never)
  app.get('/socket-error', { config, preHandler: async (_request, { raw }) => { raw.socket!.destroy(new Error('CANARY')); await stalled() } }, never)
  app.setNotFoundHandler({ preHandler: async (_request: unknown, { raw }: FastifyReply) => { raw.destroy(new Error('CANARY')); await stalled() } }, never)
  for (const url of ['/request', '/request-error', '/response', '/response-error', '/socket-error']) {
    const diagnoses = await diagnoseAccess(app, { method: 'GET', url, headers: {} }, undefined)
    const place = url.endsWith('error') ? ' \\(\\S+access\\.test\\.[jt]s:\\d+:\\d+\\)' : ''
    t.match(diagnoses.at(-1), { cause: 'refused_by_app', message: new RegExp(`^A hook of the app ends the connection without a response${place}$`) }, url)
    t.notMatch(JSON.stringify(diagnoses), 'CANARY')
  }
  t.match(await diagnoseAccess(app, { method: 'GET', url: '/none', headers: {} }, undefined), [{ cause: 'route_unknown', message: /^No route matches, and the app ends the connection without a response \(\S+access\.test\.[jt]s:\d+:\d+\)$/ }])
})

t.test('what fails before every hook is reported as a failure of the app', async (t) => {
  const app = Fastify({ rewriteUrl: () => { throw new Error('no such tenant') } })
  await app.register(zitadel, { introspect })
  const examineApp = async (): Promise<Diagnosis[]> => await diagnoseAccess(app, { method: 'GET', url: '/', headers: {} }, undefined)
  t.match(await examineApp(), [{ id: 'route', cause: 'app_failed', message: /^The app fails before its hooks: Error: no such tenant \(\S+access\.test\.[jt]s:\d+:\d+\)$/ }])
  await app.close()
  t.match(await examineApp(), [{ cause: 'app_failed', message: /^The app fails before its hooks: FastifyError.*: Fastify has already been closed/ }])
})

t.test('a hook that sends no response is reported', async (t) => {
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(zitadel, { introspect })
  app.get('/stuck', { config: { access: 'public' }, preHandler: () => {} }, never)
  t.match((await diagnoseAccess(app, { method: 'GET', url: '/stuck', headers: {} }, undefined, 50)).at(-1), { cause: 'refused_by_app', message: 'A hook of the app gives no response' })
})

t.test('a strategy outside of the scope of the guard is reported', async (t) => {
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(async (scope) => {
    await scope.register(zitadel, { introspect: async () => ({ active: true, sub: 'ada' }) })
    scope.get('/inside', never)
    app.get('/borrowed', { onRequest: scope.zitadel.require({ roles: ['admin'] }) }, never)
  })
  t.match(await diagnoseAccess(app, { method: 'GET', url: '/borrowed', headers: {} }, 'x'), [{ id: 'route' }, { id: 'rule', cause: 'route_unguarded' }, { cause: 'roles_absent', cure: 'See the section of the reason' }])
  t.match(await diagnoseAccess(app, { method: 'GET', url: '/inside', headers: {} }, 'x'), [{}, {}, { message: 'The caller holds no role in this project. Scopes of the token: none' }, { status: 'ok' }])
})

const file = fileURLToPath(new URL(`../fixtures/servers/logging${extname(import.meta.filename)}`, import.meta.url))

t.test('the command loads a server file, whose app logs nothing, and runs no handler', async (t) => {
  const before = traces.closed
  const { status, output } = await runCommand(['doctor', '--app', file, '--token-file', '-', 'get', '/orders/1'], { text: readerToken })
  t.equal(status, 1)
  t.equal(output, [
    'ok       The route is GET /orders/:id',
    'ok       It requires roles admin, organization 42',
    'ok       The caller holds the roles reader (organization 42). Scopes of the token: openid',
    'failed   Denied (403 FST_ZITADEL_INSUFFICIENT_ROLE, role_missing): the caller lacks a required role (required: admin in the organization 42)',
    '         Assign roles to the caller in the organization 42: admin',
    '         See docs/its-403.md#role_missing',
    ''
  ].join('\n'))
  t.same(traces, { log: '', handled: 0, closed: before + 1 })
  const json = await runCommand(['doctor', '--app', file, '--json', '--header', 'accept-version: 1.x', '--header', 'x-tenant:42', 'GET', '/orders/1'])
  t.match(JSON.parse(json.output), { ok: false, checks: [{ id: 'route' }, { id: 'rule' }, { id: 'access', cause: 'token_missing' }] })
})

t.test('a mistake in the command line is a usage error', async (t) => {
  const withHeader = (header: string): string[] => ['--header', header, 'GET', '/']
  for (const [message, ...lines] of [
    ['--app needs a method and a path, such as GET /orders/1: give these two arguments', ['GET', '/', 'CANARY']],
    ['/orders/1: give these two arguments', []],
    ['/orders/1: Node.js does not know the method', ...['G-T', '1GET', 'GET1', 'CANARY', 'UPGRADE', 'PRI', '', ' ', 'GET ', '\u00C9'].map((method) => [method, '/'])],
    ['/orders/1: the path must start with / and be without a host', ...['orders', '', ' /', '*', '?CANARY', 'https://api.acme.example/CANARY'].map((path) => ['GET', path])],
    ['--header must be NAME:VALUE', withHeader('CANARY'), withHeader('two words: CANARY'), withHeader('x-name: CANARY\u00E9')],
    ['a header with a secret is never an argument', withHeader('authorization: CANARY'), withHeader('Cookie: CANARY'), withHeader('Proxy-Authorization: CANARY')]
  ] as Array<[string, ...string[][]]>) {
    for (const args of lines) {
      const { status, errors } = await runCommand(['doctor', '--app', file, ...args])
      t.equal(status, 1)
      t.match(errors, message)
      t.notMatch(errors, 'CANARY')
    }
  }
})
