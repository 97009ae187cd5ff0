import t from 'tap'
import { zitadelRoute } from '../../lib/index.ts'
import { startGuardedApp } from '../fixtures/guarded-app.ts'

t.test('zitadelRoute() returns its argument', async (t) => {
  const config = { roles: ['admin'] }
  t.equal(zitadelRoute(config), config)
  const { app, get } = await startGuardedApp(t)
  app.get('/', { config: zitadelRoute(config) }, async () => 'served')
  t.equal((await get('/')).statusCode, 403)
})
