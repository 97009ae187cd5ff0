import t from 'tap'
import { startGuardedApp, activeResponse, roles } from '../fixtures/guarded-app.ts'

t.test('a config that the onRoute hook of a later plugin changes is enforced as changed', async (t) => {
  const { app, get } = await startGuardedApp(t, { responses: { admin: activeResponse(roles({ admin: ['acme'] })) } })
  app.addHook('onRoute', (route) => {
    if (route.url === '/stricter') route.config = { ...route.config, roles: ['admin'] }
    if (route.url === '/opened') route.config = { access: 'public' }
  })
  app.get('/stricter', { config: { scopes: [] } }, async () => 'served')
  app.get('/opened', { config: { roles: ['admin'] } }, async () => 'served')
  t.equal((await get('/stricter')).statusCode, 403)
  t.equal((await get('/stricter', 'admin')).statusCode, 200)
  t.equal((await get('/opened', null)).statusCode, 200)
})

t.test('a config that the onRoute hook of a later plugin makes wrong, or removes, stops the start', async (t) => {
  for (const undeclaredRoutes of ['protected', 'public', 'refused'] as const) {
    for (const [change, message] of [
      [{ scopes: 'openid' }, /^route GET \/: "scopes" must be an array/],
      [{ roles: ['admin'], access: 'public' }, /^route GET \/: "access" must stand alone/],
      [{ rateLimit: 5 }, /^route GET \/: an "onRoute" hook of another plugin has removed what "config" declares/],
      [undefined, /^route GET \/: an "onRoute" hook of another plugin has removed what "config" declares/]
    ] as const) {
      const { app } = await startGuardedApp(t, { options: { undeclaredRoutes } })
      app.addHook('onRoute', (route) => { route.config = change as never })
      app.get('/', { config: { roles: ['admin'] } }, async () => 'served')
      await t.rejects(async () => await app.ready(), { code: 'FST_ZITADEL_OPTION', message })
    }
  }
})

t.test('a route whose config becomes wrong after the start answers 500 without details, and the log has the reason', async (t) => {
  const lines: string[] = []
  const { app, get, calls } = await startGuardedApp(t, { server: { logger: { level: 'error', stream: { write: (line: string) => { lines.push(line) } } } } })
  const scopes: string[] = []
  app.get('/', { config: { scopes } }, async () => 'served')
  await app.ready()
  scopes.push('two words')
  for (const token of ['good', null]) {
    const reply = await get('/', token)
    t.equal(reply.statusCode, 500)
    t.strictSame(reply.json(), { statusCode: 500, code: 'FST_ZITADEL_OPTION', error: 'Internal Server Error', message: 'This route is not configured correctly' })
  }
  t.strictSame(calls, [], 'no token is checked')
  t.match(JSON.parse(lines[0]!).err.message, /: route GET \/: "scopes/)
})

t.test('changes of the options after the registration have no effect', async (t) => {
  const options = { clients: ['web'], realm: 'orders', undeclaredRoutes: 'protected' as 'protected' | 'public', personalAccessTokens: true }
  const { app, get } = await startGuardedApp(t, { options, responses: { other: activeResponse({ client_id: 'other' }) } })
  app.get('/', async () => 'served')
  options.clients.push('other')
  options.realm = 'evil'
  options.undeclaredRoutes = 'public'
  t.equal((await get('/', 'other')).headers['www-authenticate'], 'Bearer realm="orders", error="invalid_token"')
  t.equal((await get('/', null)).statusCode, 401)
})
