import t from 'tap'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { startGuardedApp, activeResponse } from '../fixtures/guarded-app.ts'
import { startStandIn } from '../../lib/testing/index.ts'
import Fastify from 'fastify'
import zitadel from '../../lib/index.ts'

t.test('introspect() returns the token, or null if it is not active', async (t) => {
  const { zitadel, clock } = await startGuardedApp(t, { responses: { foreign: activeResponse({ client_id: 'cli' }), expired: () => activeResponse({ exp: clock.seconds }) }, options: { clients: ['web'] } })
  t.equal((await zitadel().introspect('good'))?.sub, 'ada')
  for (const token of ['bad', 'foreign', 'expired']) t.equal(await zitadel().introspect(token), null, token)
})

t.test('introspect() returns null without an introspection for what is no token', async (t) => {
  const { zitadel, calls } = await startGuardedApp(t)
  for (const token of ['', ' ', 'Bearer good', 'a b', 'a\r\nb', '=']) t.equal(await zitadel().introspect(token), null, JSON.stringify(token))
  t.strictSame(calls, [])
})

t.test('introspect() returns null for a text of 64 MiB, and neither hashes nor sends it', async (t) => {
  const { zitadel, calls } = await startGuardedApp(t)
  const longest = 'a'.repeat(16_384)
  t.equal(await zitadel().introspect(longest), null)
  t.strictSame(calls, [longest], 'a token of 16 KiB is asked about')
  for (const token of [`${longest}a`, 'a'.repeat(64 * 2 ** 20)]) t.equal(await zitadel().introspect(token), null)
  t.equal(calls.length, 1)
})

t.test('introspect() shares the cache with requests, and checks the expiry', async (t) => {
  const { app, get, zitadel, calls, clock } = await startGuardedApp(t, { responses: { brief: () => activeResponse({ exp: clock.seconds + 20 }) } })
  app.get('/', async () => 'served')
  t.equal((await get('/', 'brief')).statusCode, 200)
  t.ok(await zitadel().introspect('brief'))
  t.strictSame(calls, ['brief'])
  clock.advance(25)
  t.equal(await zitadel().introspect('brief'), null, 'expired, though its ttl has not ended')
  t.equal((await get('/', 'brief')).statusCode, 401)
})

t.test('introspect() rejects if it gets no string, and in an outage', async (t) => {
  const { zitadel } = await startGuardedApp(t, { responses: { down: () => { throw new Error('down') } } })
  for (const token of [undefined, null, 7, {}, ['good']]) {
    await t.rejects(zitadel().introspect(token as never), { code: 'FST_ZITADEL_OPTION', message: /"token" must be a string/ })
  }
  await t.rejects(zitadel().introspect('down'), { code: 'FST_ZITADEL_UNAVAILABLE', statusCode: 503, headers: { 'retry-after': '5' } })
})

t.test('after forget() of a token, a user or a jti, there is a new introspection', async (t) => {
  const { app, get, zitadel, calls } = await startGuardedApp(t, {
    responses: { a: activeResponse({ sub: 'ada', jti: '1' }), b: activeResponse({ sub: 'ada', jti: '2' }), c: activeResponse({ sub: 'bob', jti: '3' }), d: activeResponse({ sub: 'eve', jti: '3' }) }
  })
  app.get('/', async () => 'served')
  const asksAfter = async (what: object): Promise<string> => {
    await zitadel().forget(what as { token: string })
    calls.length = 0
    for (const token of ['a', 'b', 'c', 'd']) await get('/', token)
    return calls.join('')
  }
  t.equal(await asksAfter({ sub: 'nobody' }), 'abcd')
  t.equal(await asksAfter({ sub: 'nobody' }), '')
  t.equal(await asksAfter({ token: 'a' }), 'a')
  t.equal(await asksAfter({ token: 'c' }), 'cd', 'with all tokens that share its jti')
  t.equal(await asksAfter({ sub: 'ada' }), 'ab')
  t.equal(await asksAfter({ jti: '3' }), 'cd')
})

t.test('forget() does nothing for a text that is too long to be a token', async (t) => {
  const forgotten: unknown[] = []
  const onForget = (message: unknown): void => { forgotten.push(message) }
  subscribe('fastify-zitadel:forget', onForget)
  t.teardown(() => unsubscribe('fastify-zitadel:forget', onForget))
  const { zitadel } = await startGuardedApp(t)
  for (const token of ['a'.repeat(16_385), 'a'.repeat(64 * 2 ** 20)]) await zitadel().forget({ token })
  t.strictSame(forgotten, [])
  await zitadel().forget({ token: 'a'.repeat(16_384) })
  await zitadel().forget({ sub: 'a'.repeat(16_385) })
  t.equal(forgotten.length, 2, 'the bound is that of a token')
})

t.test('forget() rejects unless exactly one target is given', async (t) => {
  const { zitadel } = await startGuardedApp(t)
  for (const what of [undefined, null, {}, 'good', { token: '' }, { sub: undefined }, { jti: 7 }, { user: 'ada' }, { token: 'a', sub: 'ada' }, { toString: 'a' }, { __proto__: { sub: 'ada' } }]) {
    await t.rejects(zitadel().forget(what as never), { code: 'FST_ZITADEL_OPTION', message: /exactly one of "token", "sub" and "jti"/ })
  }
})

t.test('require() rejects a wrong requirement, and names itself', async (t) => {
  const { zitadel } = await startGuardedApp(t)
  for (const requirement of [{ rolls: ['admin'] }, { roles: 5 }]) t.throws(() => zitadel().require(requirement as never), { code: 'FST_ZITADEL_OPTION', message: /zitadel\.require\(\)/ }, JSON.stringify(requirement))
})

t.test('the parts of app.zitadel can be taken out and passed on', async (t) => {
  const { zitadel } = await startGuardedApp(t)
  const { introspect, forget, require, check, reload, peek } = zitadel()
  await forget({ token: 'good' })
  t.equal((await introspect('good'))?.sub, 'ada')
  t.type(require({ scopes: [] }), 'function')
  t.strictSame(await check(), { ok: true })
  t.strictSame(await reload(), { ok: true })
  t.equal(peek({} as never), null)
})

t.test('with a server, a token is introspected over HTTP with the credentials of this API', async (t) => {
  const standIn = await startStandIn()
  t.teardown(async () => await standIn.close())
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(zitadel, { issuer: standIn.issuer, credentials: standIn.credentials })
  app.get('/', { config: { roles: ['admin'] } }, async (request) => request.zitadel.sub)
  const token = await standIn.issueToken({ sub: '7', roles: ['admin'] })
  const reply = await app.inject({ url: '/', headers: { authorization: `Bearer ${token}` } })
  t.equal(reply.body, '7')
  t.strictSame(await app.zitadel.check(), { ok: true })
  standIn.api.deactivate()
  t.match(await app.zitadel.reload(), { ok: false, code: 'FST_ZITADEL_CLIENT_REJECTED', reason: /unauthorized_client/ })
})

t.test('introspect() returns null at the moment of the exp of a cached token', async (t) => {
  let exp = 0
  const { zitadel, clock } = await startGuardedApp(t, { responses: { brief: () => activeResponse({ exp }) } })
  exp = clock.seconds + 20
  t.ok(await zitadel().introspect('brief'))
  clock.advance((exp * 1000 - 1 - clock.wall()) / 1000)
  t.ok(await zitadel().introspect('brief'))
  clock.advance(0.001)
  t.equal(await zitadel().introspect('brief'), null)
})
