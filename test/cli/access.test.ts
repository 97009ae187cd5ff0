import t from 'tap'
import Fastify, { type FastifyInstance } from 'fastify'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { diagnoseAccess } from '../../lib/cli/access/can-i.ts'
import type { Diagnosis } from '../../lib/cli/diagnosis.ts'
import zitadel, { type ZitadelOptions } from '../../lib/index.ts'
import { fakeZitadel } from '../../lib/testing/index.ts'
import type { TestContext } from '../fixtures/guarded-app.ts'
import { readerToken, traces } from '../fixtures/servers/logging.ts'
import { runCommand } from '../fixtures/terminal.ts'

const { introspect, as } = fakeZitadel()
const tokenOf = ({ authorization }: { authorization: string }): string => authorization.slice('Bearer '.length)
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
  const token = tokenOf(as({ roles: { reader: { 42: 'a.example', 7: 'b.example' } }, scopes: ['profile', 'openid'] }))
  const { route, rule, caller, access } = await examine(t, '/orders/1?x=1', { token })
  t.equal(route?.message, 'The route is GET /orders/:id')
  t.equal(rule?.message, 'It requires roles admin and auditor, or reader, organization 42, freshness 5 s')
  t.equal(caller?.message, 'The caller holds the roles reader (organisation 42, 7). Scopes of the token: openid profile')
  t.match(access, { status: 'ok', message: 'Allowed' })
  t.match(await examine(t, '/orders/1', { method: 'HEAD', token }), { route: { message: 'The route is HEAD /orders/:id' }, access: { status: 'ok' } })
})

t.test('a denied request is explained by the reason and by what would allow it', async (t) => {
  for (const [url, token, reason, cure, method] of [
    ['/orders/1', undefined, 'token_missing', 'Give a token with --token-file'],
    ['/orders/1', 'a b', 'token_malformed', /Run the doctor without --app/],
    ['/orders/1', tokenOf(as.expired()), 'token_inactive', /Run the doctor without --app/],
    ['/orders/1', tokenOf(as()), 'roles_absent', 'Assign the caller in the organisation 42: admin and auditor, or reader'],
    ['/orders/1', tokenOf(as({ roles: { reader: { 7: 'b.example' } } })), 'role_in_other_organization', 'Assign the role in the organisation 42'],
    ['/tenants/3', tokenOf(as({ roles: { reader: { 7: 'b.example' } } })), 'role_in_other_organization', /organisation of the request/],
    ['/orders', tokenOf(as({ roles: ['reader'] })), 'role_missing', 'Assign the caller: writer', 'POST'],
    ['/orders', tokenOf(as({ scopes: ['openid'] })), 'scope_missing', 'Let the client request the scopes: profile'],
    ['/custom', tokenOf(as({ scopes: ['orders:read'] })), 'custom_scope_not_a_role', 'Create a role with the name of the scope, and assign it: orders:read'],
    ['/strategy', tokenOf(as({ roles: ['reader'] })), 'role_missing', 'See the section of the reason']
  ] as const) {
    const { access } = await examine(t, url, { token, method: method ?? 'GET' })
    t.match(access, { status: 'failed', cause: reason, cure }, `${url} ${reason}`)
    t.match(access?.see, new RegExp(`^docs/its-40[13]\\.md#${reason}$`))
  }
})

t.test('a denial by an option names the option', async (t) => {
  const { access } = await examine(t, '/any', { token: tokenOf(as()), options: { clients: ['other'] } })
  t.match(access, { cause: 'client_not_listed', cure: 'See the section of the reason' })
})

t.test('the rule of a route is described in words', async (t) => {
  const token = tokenOf(as({ roles: ['reader'] }))
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
  t.match(await examine(t, '/none'), { route: { cause: 'route_unknown', message: 'No route matches' } })
})

t.test('constraints select the route', async (t) => {
  const token = tokenOf(as({ roles: ['v2'] }))
  t.match(await examine(t, '/version', { token, headers: { 'accept-version': '2.0.0' } }), { rule: { message: 'It requires roles v2' }, access: { status: 'ok' } })
  t.match(await examine(t, '/version', { token, headers: { 'accept-version': '1.0.0' } }), { access: { cause: 'role_missing' } })
})

t.test('an outage and a wrong declaration are not reported as denials', async (t) => {
  t.match(await examine(t, '/any', { token: tokenOf(as.outage()) }), { access: { cause: 'not_decided', message: /503 FST_ZITADEL_UNAVAILABLE/ } })
  t.match(await examine(t, '/any', { options: { undeclaredRoutes: () => { throw new Error('none') } } as ZitadelOptions }).catch((error: Error) => error), { message: /none/ })
  const app = Fastify()
  t.teardown(async () => await app.close())
  app.get('/early', { config: { role: 'reader' } as object }, never)
  await app.register(zitadel, { introspect })
  t.match(await diagnoseAccess(app, { method: 'GET', url: '/early', headers: {} }, undefined), [{ id: 'route' }, { cause: 'option_wrong', message: /did you mean "roles"/ }])
})

t.test('a token that becomes inactive between two checks has no caller', async (t) => {
  let count = 0
  const app = await buildApp(t, { cache: false, introspect: async () => ({ active: ++count < 2 }) })
  t.notOk((await diagnoseAccess(app, { method: 'GET', url: '/any', headers: {} }, 'x')).some(({ id }) => id === 'caller'))
})

t.test('a docs page that needs a token is explained, and one with completed options is public', async (t) => {
  for (const isCompleted of [false, true]) {
    const app = Fastify()
    t.teardown(async () => await app.close())
    await app.register(zitadel, { introspect })
    const docs = app.zitadel.openapi({ clientId: '1', projectId: '2', issuer: 'https://auth.acme.example' })
    await app.register(swagger, docs.swagger({ openapi: {} }))
    await app.register(swaggerUi, isCompleted ? docs.swaggerUi({ routePrefix: '/docs' }) : { routePrefix: '/docs' })
    const diagnoses = await diagnoseAccess(app, { method: 'GET', url: '/docs', headers: {} }, undefined)
    t.equal(diagnoses.some(({ cause }) => cause === 'docs_page_guarded'), !isCompleted)
    t.equal(diagnoses.at(-1)?.status, isCompleted ? 'ok' : 'failed')
  }
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
  t.match(await diagnoseAccess(app, { method: 'GET', url: '/borrowed', headers: {} }, 'x'), [{ id: 'route' }, { cause: 'route_unguarded' }, { cause: 'roles_absent', cure: 'See the section of the reason' }])
  t.match(await diagnoseAccess(app, { method: 'GET', url: '/inside', headers: {} }, 'x'), [{}, {}, { message: 'The caller holds no role in this project. Scopes of the token: none' }, { status: 'ok' }])
})

const file = fileURLToPath(new URL(`../fixtures/servers/logging${extname(import.meta.filename)}`, import.meta.url))

t.test('the command loads a server file, whose app logs nothing, and runs no handler', async (t) => {
  const { status, output } = await runCommand(['doctor', '--app', file, '--token-file', '-', 'get', '/orders/1'], { text: readerToken })
  t.equal(status, 1)
  t.equal(output, [
    'ok       The route is GET /orders/:id',
    'ok       It requires roles admin, organization 42',
    'ok       The caller holds the roles reader (organisation 42). Scopes of the token: openid',
    'failed   Refused (403 FST_ZITADEL_INSUFFICIENT_ROLE, role_missing): the caller holds other roles (required: admin)',
    '         Assign the caller in the organisation 42: admin',
    '         See docs/its-403.md#role_missing',
    ''
  ].join('\n'))
  t.same(traces, { log: '', handled: 0 })
  const json = await runCommand(['doctor', '--app', file, '--json', '--header', 'accept-version: 1.x', '--header', 'x-tenant:42', 'GET', '/orders/1'])
  t.match(JSON.parse(json.output), { ok: false, checks: [{ id: 'route' }, { id: 'rule' }, { id: 'access', cause: 'token_missing' }] })
})

t.test('mistakes in the command line', async (t) => {
  for (const args of [[], ['GET'], ['GET', 'orders'], ['G-T', '/'], ['GET', '/', 'CANARY'], ['--header', 'CANARY', 'GET', '/'], ['--header', 'authorization: CANARY', 'GET', '/'], ['--header', 'Cookie: CANARY', 'GET', '/']]) {
    const { status, errors } = await runCommand(['doctor', '--app', file, ...args])
    t.equal(status, 1)
    t.match(errors, /--app needs|--header must|never an argument/)
    t.notMatch(errors, 'CANARY')
  }
})
