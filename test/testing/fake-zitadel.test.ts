import t from 'tap'
import Fastify, { type FastifyInstance } from 'fastify'
import zitadel, { type ZitadelOptions } from '../../lib/index.ts'
import { isTestRun } from '../../lib/testing/test-run.ts'
import { fakeZitadel, startStandIn, type TokenHeaders, type TokenOptions } from '../../lib/testing/index.ts'
import { introspect as introspectAtStandIn } from '../fixtures/stand-in-client.ts'
import type { TestContext } from '../fixtures/guarded-app.ts'

const ORGANIZATION = '280000000000000900'

async function buildApp (t: TestContext, options: ZitadelOptions): Promise<FastifyInstance> {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(zitadel, options)
  app.get('/orders', { config: { roles: ['reader'] } }, async (request) => request.zitadel.sub)
  app.get('/any', async (request) => request.zitadel.claims)
  app.get<{ Params: { id: string } }>('/organizations/:id', { config: { roles: ['reader'], organization: (request) => (request.params as { id: string }).id } }, async () => 'served')
  return app
}

/** The status and the code of a response. */
async function get (app: FastifyInstance, headers: TokenHeaders, url = '/orders'): Promise<unknown[]> {
  const { statusCode, body } = await app.inject({ url, headers })
  return statusCode === 200 ? [200] : [statusCode, JSON.parse(body).code]
}

t.test('the whole guard runs: each kind of caller gets the response of a real token', async (t) => {
  const { introspect, as } = fakeZitadel()
  const app = await buildApp(t, { introspect })
  const reader = { roles: ['reader'] }
  t.same(await get(app, as(reader)), [200])
  t.same(await get(app, as()), [403, 'FST_ZITADEL_INSUFFICIENT_ROLE'])
  t.same(await get(app, as({ roles: ['writer'] })), [403, 'FST_ZITADEL_INSUFFICIENT_ROLE'])
  t.same(await get(app, as.expired(reader)), [401, 'FST_ZITADEL_INVALID_TOKEN'])
  t.same(await get(app, as.revoked(reader)), [401, 'FST_ZITADEL_INVALID_TOKEN'])
  t.same(await get(app, as.otherProject(reader)), [401, 'FST_ZITADEL_INVALID_TOKEN'])
  t.same(await get(app, as.personalAccessToken(reader)), [200])
  t.same(await get(app, as.serviceAccount(reader)), [200])
  t.same(await get(app, as.outage(reader)), [503, 'FST_ZITADEL_UNAVAILABLE'])
  t.same(await get(app, as(reader), `/organizations/${ORGANIZATION}`), [200])
  t.same(await get(app, as({ ...reader, organization: '1' }), `/organizations/${ORGANIZATION}`), [403, 'FST_ZITADEL_INSUFFICIENT_ROLE'])
})

t.test('options of the plugin that restrict tokens have their effect', async (t) => {
  const { introspect, as } = fakeZitadel({ projectId: '311' })
  const app = await buildApp(t, { introspect, projectId: '311', personalAccessTokens: false, clients: ['web'] })
  t.same(await get(app, as({ clientId: 'web', roles: ['reader'] })), [200])
  t.same(await get(app, as({ roles: ['reader'] })), [401, 'FST_ZITADEL_INVALID_TOKEN'])
  t.same(await get(app, as.personalAccessToken({ roles: ['reader'] })), [401, 'FST_ZITADEL_INVALID_TOKEN'])
})

t.test('the same options give the same claims as the stand-in', async (t) => {
  const standIn = await startStandIn()
  t.teardown(() => standIn.close())
  const { introspect, as } = fakeZitadel()
  const cases: TokenOptions[] = [
    {},
    { roles: ['admin'], organization: '1', scopes: ['openid', 'profile', 'urn:zitadel:iam:user:resourceowner'] },
    { kind: 'service', roles: { admin: { 1: 'one.example', 2: 'two.example' } } },
    { kind: 'pat', lifetime: null, metadata: { team: 'blue' } },
    { format: 'jwt', claims: { plan: 'gold', sub: undefined }, actor: { iss: 'https://auth.acme.example', sub: '1' } },
    { minimal: true, amr: ['otp'] }
  ]
  for (const options of cases) {
    const { authorization } = as(options)
    const fake = introspect(authorization.slice('Bearer '.length))
    const real = (await introspectAtStandIn(standIn, await standIn.issueToken(options))).json
    t.same(Object.keys(fake), Object.keys(real), 'same claims in the same order')
    const omitVariable = ({ iss, jti, exp, iat, nbf, auth_time: authTime, ...claims }: Record<string, unknown>): object => claims
    t.same(omitVariable(fake), omitVariable(real))
  }
})

t.test('a token is active in the process that created it, and only there', async (t) => {
  const [one, other] = [fakeZitadel(), fakeZitadel()]
  const { authorization } = one.as()
  const token = authorization.slice('Bearer '.length)
  t.equal(one.introspect(token)['active'], true)
  t.same(other.introspect(token), { active: false })
  t.same(one.introspect('made-up'), { active: false })
})

t.test('the lifetime of a token begins at its first introspection', async (t) => {
  const { introspect, as } = fakeZitadel()
  const token = as({ lifetime: 60 }).authorization.slice('Bearer '.length)
  const start = Date.now() + 86_400_000
  t.capture(Date, 'now', () => start)
  t.equal(introspect(token)['exp'], Math.floor(start / 1000) + 60)
  t.capture(Date, 'now', () => start + 61_000)
  t.same(introspect(token), { active: false })
})

t.test('a misspelt option throws at the call', async (t) => {
  const { as } = fakeZitadel()
  t.throws(() => as({ role: ['reader'] } as TokenOptions), { message: /unknown option "role" of as/ })
  t.throws(() => as.expired({ role: ['reader'] } as TokenOptions), { message: /unknown option "role" of as/ })
  t.throws(() => as({ kind: 'robot' } as unknown as TokenOptions), TypeError)
  t.throws(() => fakeZitadel({ project: '1' } as object), { message: /unknown option "project" of fakeZitadel/ })
})

t.test('outside of a test it warns, with a code', async (t) => {
  const emitted = t.capture(process, 'emitWarning')
  fakeZitadel()
  t.same(emitted.args(), [])
  const { env, argv } = process
  t.teardown(() => Object.assign(process, { env, argv }))
  Object.assign(process, { env: { NODE_ENV: 'production' }, argv: ['node', '/app/server.js'] })
  fakeZitadel()
  t.match(emitted.args(), [[/outside of a test/, { code: 'FST_ZITADEL_FAKE' }]])
})

t.test('a test run is known by the variables of test runners and by the name of the main file', async (t) => {
  for (const name of ['NODE_TEST_CONTEXT', 'TAP', 'VITEST', 'JEST_WORKER_ID', 'TEST_WORKER_INDEX']) t.equal(isTestRun({ [name]: '1' }), true, name)
  t.equal(isTestRun({ NODE_ENV: 'test' }), true)
  for (const file of ['/app/orders.test.js', '/app/orders-spec.mts', '/app/test/orders.js', 'C:\\app\\__tests__\\orders.tsx']) t.equal(isTestRun({}, file), true, file)
  for (const file of [undefined, '/app/server.js', '/app/latest.js', '/srv/testing/server.js']) t.equal(isTestRun({ NODE_ENV: 'production' }, file), false, String(file))
})
