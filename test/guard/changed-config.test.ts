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

t.test('a route whose config becomes wrong after the check answers 500 without details, and the log has the reason', async (t) => {
  const lines: string[] = []
  const { app, get, calls } = await startGuardedApp(t, { server: { logger: { level: 'error', stream: { write: (line: string) => { lines.push(line) } } } } })
  app.addHook('onRoute', (route) => { route.config = { scopes: 'openid' as never } })
  app.get('/', { config: { scopes: [] } }, async () => 'served')
  for (const token of ['good', null]) {
    const reply = await get('/', token)
    t.equal(reply.statusCode, 500)
    t.strictSame(reply.json(), { statusCode: 500, code: 'FST_ZITADEL_OPTION', error: 'Internal Server Error', message: 'This route is not configured correctly' })
  }
  t.strictSame(calls, [], 'no token is checked')
  t.match(JSON.parse(lines[0]!).err.message, /: route GET \/: "scopes" must be an array/)
})

t.test('refused: a route whose declaration is removed later answers 500', async (t) => {
  const { app, get } = await startGuardedApp(t, { options: { undeclaredRoutes: 'refused' } })
  app.addHook('onRoute', (route) => { route.config = {} })
  app.get('/', { config: { scopes: [] } }, async () => 'served')
  const reply = await get('/')
  t.equal(reply.statusCode, 500)
  t.equal(reply.json().message, 'This route is not configured correctly')
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
