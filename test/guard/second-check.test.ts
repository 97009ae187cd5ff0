import t from 'tap'
import Fastify from 'fastify'
import { createPlugin } from '../../lib/plugin.ts'
import { activeResponse, bearer, createIntrospect, roles, startGuardedApp } from '../fixtures/guarded-app.ts'

t.test('a request that nothing delays reads each clock once', async (t) => {
  const reads: string[] = []
  const read = (kind: string, now: () => number) => () => {
    reads.push(kind)
    return now()
  }
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(createPlugin({ wall: read('wall', Date.now), monotonic: read('monotonic', () => performance.now()) }), { introspect: createIntrospect({ caller: activeResponse() }).introspect })
  app.get('/', { config: { scopes: ['openid'] } }, async () => 'served')
  const get = async (): Promise<number> => (await app.inject({ url: '/', headers: bearer('caller') })).statusCode
  t.equal(await get(), 200)
  reads.length = 0
  t.equal(await get(), 200)
  t.same(reads, ['wall', 'monotonic'])
})

t.test('a token that a hook forgets between the two checks, without waiting, is introspected again', async (t) => {
  let response = activeResponse()
  const { app, calls, get, zitadel } = await startGuardedApp(t, { responses: { caller: () => response } })
  let forgotten: Promise<void> | undefined
  let isLogout = false
  app.addHook('preValidation', (_request, _reply, done) => {
    if (isLogout) forgotten = zitadel().forget({ token: 'caller' })
    done()
  })
  app.get('/', async () => 'served')
  t.equal((await get('/', 'caller')).statusCode, 200)
  response = { active: false }
  isLogout = true
  t.equal((await get('/', 'caller')).statusCode, 401)
  t.equal(calls.length, 2)
  await forgotten
})

t.test('the function "organization" is called again, although nothing waited between the two checks', async (t) => {
  const { app, get } = await startGuardedApp(t, { responses: { caller: activeResponse(roles({ admin: ['acme'] })) } })
  let tenant = 'acme'
  app.addHook('preValidation', ({ url }, _reply, done) => {
    tenant = url.slice(1)
    done()
  })
  for (const url of ['/acme', '/other']) app.get(url, { config: { roles: ['admin'], organization: () => tenant } }, async () => 'served')
  t.equal((await get('/acme', 'caller')).statusCode, 200)
  t.equal((await get('/other', 'caller')).statusCode, 403)
  tenant = 'acme'
  t.equal((await get('/other', 'caller')).statusCode, 403)
})

t.test('a strategy that has just passed replaces no second check of an earlier requirement', async (t) => {
  let response = activeResponse(roles({ admin: ['acme'], auditor: ['acme'] }))
  const { app, clock, get, zitadel } = await startGuardedApp(t, { responses: { caller: () => response } })
  let wait = (): void => {}
  app.get('/', { config: { roles: ['admin'] }, onRequest: [async () => wait(), zitadel().require({ roles: ['auditor'] })] }, async () => 'served')
  t.equal((await get('/', 'caller')).statusCode, 200)
  wait = () => {
    response = activeResponse(roles({ auditor: ['acme'] }))
    clock.advance(60)
  }
  t.equal((await get('/', 'caller')).statusCode, 403)
})

t.test('a token that met the requirement of one route is checked against that of another', async (t) => {
  const { app, get } = await startGuardedApp(t, { responses: { caller: activeResponse({ scope: 'openid', ...roles({ admin: ['acme'] }) }) } })
  const requirements = { '/openid': { scopes: ['openid'] }, '/profile': { scopes: ['profile'] }, '/admin': { roles: ['admin'] }, '/auditor': { roles: ['auditor'] }, '/acme': { roles: ['admin'], organization: 'acme' }, '/other': { roles: ['admin'], organization: 'other' } }
  for (const [url, config] of Object.entries(requirements)) app.get(url, { config }, async () => 'served')
  const statuses = { '/openid': 200, '/profile': 403, '/admin': 200, '/auditor': 403, '/acme': 200, '/other': 403 }
  for (const from of Object.keys(statuses)) {
    for (const [to, status] of Object.entries(statuses)) {
      await get(from, 'caller')
      t.equal((await get(to, 'caller')).statusCode, status, `${from}, then ${to}`)
    }
  }
})

t.test('a strategy that has just denied replaces no second check of an earlier requirement', async (t) => {
  let response = activeResponse(roles({ admin: ['acme'] }))
  const { app, clock, get, zitadel } = await startGuardedApp(t, { responses: { caller: () => response } })
  const strategy = zitadel().require({ roles: ['owner'] })
  let wait = (): void => {}
  app.get('/', {
    config: { roles: ['admin'] },
    onRequest: async () => wait(),
    // As with `relation: 'or'` of @fastify/auth and another strategy that passes.
    preValidation: (request, reply, done) => strategy(request, reply, () => done())
  }, async () => 'served')
  t.equal((await get('/', 'caller')).statusCode, 200)
  wait = () => {
    response = activeResponse()
    clock.advance(60)
  }
  t.equal((await get('/', 'caller')).statusCode, 403)
})
