import t from 'tap'
import { addDocsPage, addOwnDocsPage } from '../../examples/docs/openapi.ts'
import { getDocument } from '../fixtures/documented-app.ts'
import { startGuardedApp } from '../fixtures/guarded-app.ts'
import { VALID_OPTIONS } from '../fixtures/registration.ts'

const options = { ...VALID_OPTIONS, introspect: undefined }

t.test('the documented docs pages open, and their document says which role a route requires', async (t) => {
  const { app } = await startGuardedApp(t, { options })
  await addDocsPage(app)
  t.match((await getDocument(app)).paths['/orders'], { get: { security: [{ zitadelRoles: ['reader'] }] } })
  t.equal((await app.inject('/docs')).statusCode, 200)
  t.equal((await app.inject('/reference/')).statusCode, 200)
  t.equal((await app.inject('/orders')).statusCode, 401)
})

t.test('the documented options are kept', async (t) => {
  const { app } = await startGuardedApp(t, { options })
  await addOwnDocsPage(app)
  app.get('/orders/:id', { config: { roles: ['reader'] } }, async () => ({}))
  t.match((await getDocument(app)).paths['/orders/{id}'], { get: { tags: ['orders'] } })
  const { headers } = await app.inject('/docs/')
  t.match(headers['content-security-policy'], /connect-src 'self' https:\/\/auth\.acme\.example/)
  t.match((await app.inject('/docs/static/swagger-initializer.js')).body, /"persistAuthorization":true[^]*"appName":"Orders"/)
})
