import t from 'tap'
import fastifyAuth from '@fastify/auth'
import type { DecisionMessage } from '../../lib/channels.ts'
import { activeResponse, bearer, startGuardedApp } from '../fixtures/guarded-app.ts'
import { collectMessages } from '../fixtures/subscribe.ts'
import { startProxiedApp } from '../fixtures/test-app.ts'

const collectDecisions = (t: Parameters<typeof collectMessages>[0]): DecisionMessage[] => collectMessages(t, 'fastify-zitadel:decision')
const without = ({ registration, ...rest }: DecisionMessage): object => rest

t.test('the message of a decision has the route, the outcome, and the source of the verdict', async (t) => {
  const { app, get, clock } = await startGuardedApp(t)
  app.get('/orders/:id', { config: { scopes: [] } }, async () => 'served')
  const decisions = collectDecisions(t)
  await get('/orders/1')
  clock.advance(7)
  await get('/orders/2')
  t.same(decisions.map(without), [
    { route: '/orders/:id', method: 'GET', outcome: 'allowed', code: undefined, reason: undefined, source: 'introspection', age: 0, sub: undefined },
    { route: '/orders/:id', method: 'GET', outcome: 'allowed', code: undefined, reason: undefined, source: 'memory', age: 7000, sub: undefined }
  ])
  t.ok(decisions.every(Object.isFrozen))
  t.type(decisions[0]!.registration, 'number')
})

t.test('a denial has the code of its error', async (t) => {
  const { app, get } = await startGuardedApp(t)
  app.get('/', async () => 'served')
  app.get('/admin', { config: { roles: ['admin'] } }, async () => 'served')
  const decisions = collectDecisions(t)
  await get('/', null)
  await get('/', 'unknown')
  await get('/admin')
  await get('/', 'not a token')
  t.match(decisions, [
    { outcome: 'denied', code: 'FST_ZITADEL_NO_TOKEN', reason: 'token_missing', source: undefined, age: undefined },
    { outcome: 'denied', code: 'FST_ZITADEL_INVALID_TOKEN', reason: 'token_inactive', source: 'introspection' },
    { outcome: 'denied', code: 'FST_ZITADEL_INSUFFICIENT_ROLE', source: 'introspection', route: '/admin' },
    { outcome: 'denied', code: 'FST_ZITADEL_INVALID_REQUEST', source: undefined }
  ])
  t.equal(decisions.length, 4)
})

t.test('an outage and a mistake of this API are failures', async (t) => {
  const { app, get } = await startGuardedApp(t, {
    responses: { broken: () => { throw new Error('secret') } },
    options: { tokenFrom: ({ headers }) => { if (headers['x-throw'] !== undefined) throw Object.assign(new Error('secret'), headers['x-throw'] === '418' && { statusCode: 418 }); return 'broken' } }
  })
  app.get('/', async () => 'served')
  const scopes: string[] = []
  app.get('/wrong', { config: { scopes } }, async () => 'served')
  await app.ready()
  // The config of a route is read at its first request.
  scopes.push('two words')
  const decisions = collectDecisions(t)
  await get('/', null)
  await get('/wrong', null)
  await get('/', null, { headers: { 'x-throw': '500' } })
  await get('/', null, { headers: { 'x-throw': '418' } })
  t.match(decisions, [
    { outcome: 'failed', code: 'FST_ZITADEL_UNAVAILABLE', source: undefined, age: undefined },
    { outcome: 'failed', code: 'FST_ZITADEL_OPTION', route: '/wrong' },
    { outcome: 'failed', code: 'FST_ZITADEL_OPTION', reason: undefined },
    { outcome: 'denied', code: undefined }
  ])
})

t.test('public routes have no decision, and optional ones without a token have one', async (t) => {
  const { app, get } = await startGuardedApp(t)
  app.get('/public', { config: { access: 'public' } }, async () => 'served')
  app.get('/optional', { config: { access: 'optional' } }, async () => 'served')
  const decisions = collectDecisions(t)
  await get('/public')
  await get('/optional', null)
  t.match(decisions, [{ route: '/optional', outcome: 'allowed', source: undefined }])
  t.equal(decisions.length, 1)
})

t.test('a request that no route serves has no route', async (t) => {
  const { get } = await startGuardedApp(t, { options: { unmatched: 'protected' } })
  const decisions = collectDecisions(t)
  await get('/missing', null)
  t.match(decisions, [{ route: undefined, outcome: 'denied' }])
})

t.test('a strategy of zitadel.require() publishes its decision', async (t) => {
  const { app, get, zitadel } = await startGuardedApp(t)
  await app.register(fastifyAuth)
  app.get('/own', { config: { access: 'own' }, onRequest: app.auth([zitadel().require({ roles: ['admin'] })]) }, async () => 'served')
  const decisions = collectDecisions(t)
  await get('/own')
  t.match(decisions, [{ route: '/own', outcome: 'denied', code: 'FST_ZITADEL_INSUFFICIENT_ROLE' }])
})

t.test('a token that expires during the upload is denied by a second decision', async (t) => {
  const { app, clock } = await startGuardedApp(t, { responses: { short: () => activeResponse({ exp: clock.seconds + 10 }) } })
  app.addHook('preParsing', (_request, _reply, payload, done) => { clock.advance(11); done(null, payload) })
  app.post('/', async () => 'served')
  const decisions = collectDecisions(t)
  const { statusCode } = await app.inject({ method: 'POST', url: '/', headers: bearer('short'), payload: {} })
  t.equal(statusCode, 401)
  t.match(decisions, [{ outcome: 'allowed' }, { outcome: 'denied', code: 'FST_ZITADEL_INVALID_TOKEN', source: 'memory', age: 11_000 }])
})

t.test('a verdict that is used past its ttl is stale', async (t) => {
  const { standIn, get, clock } = await startProxiedApp(t, { staleIfError: 60, retry: false })
  const token = await standIn.issueToken()
  await get(token)
  clock.advance(31)
  standIn.fail({ status: 503 })
  const decisions = collectDecisions(t)
  t.same(await get(token), { status: 200, stale: true })
  t.match(decisions, [{ outcome: 'allowed', source: 'stale', age: 31_000 }])
  t.notMatch(JSON.stringify(decisions), token)
})
