import t from 'tap'
import { buildApi } from '../../examples/docs-login/api.ts'
import { API_CREDENTIALS, DOCS_CLIENT_ID, PROJECT_ID, startLoginServer } from '../../examples/docs-login/login-server.ts'
import { listen } from '../fixtures/guarded-app.ts'
import { ScalarDriver, SwaggerUiDriver, needsBrowser, startBrowser } from '../fixtures/docs-browser.ts'

const PAGES = [
  { name: 'Swagger UI', path: '/docs', Driver: SwaggerUiDriver },
  { name: 'Scalar', path: '/reference/', Driver: ScalarDriver }
]

t.test('a person logs in on the docs page and tries routes', { skip: needsBrowser }, async (t) => {
  // The login server lets a client on this machine use any port.
  const server = await startLoginServer(['http://localhost/docs/static/oauth2-redirect.html', 'http://localhost/reference/'])
  t.teardown(async () => await server.close())
  const browser = await startBrowser()
  t.teardown(async () => await browser.close())

  for (const openapi of ['3.0.3', '3.1.0'] as const) {
    const app = await buildApi({ openapi, zitadel: { issuer: server.issuer, credentials: API_CREDENTIALS }, login: { clientId: DOCS_CLIENT_ID, projectId: PROJECT_ID } })
    t.teardown(async () => await app.close())
    const port = await listen(app)
    for (const { name, path, Driver } of PAGES) {
      t.test(`${name}, OpenAPI ${openapi}`, async (t) => {
        const context = await browser.newContext({ viewport: { width: 1400, height: 1000 } })
        t.teardown(async () => await context.close())
        context.setDefaultTimeout(20_000)
        const docs = new Driver(await context.newPage(), `http://localhost:${port}${path}`)
        await docs.open()
        await docs.logIn('ada')
        t.equal(await docs.tryOut('GET', '/orders'), 200, 'a route whose role the person has')
        t.equal(await docs.tryOut('DELETE', '/orders'), 403, 'a route whose role the person lacks')
        await docs.logOut()
        t.equal(await docs.tryOut('GET', '/orders'), 401, 'after logging out')
      })
    }
  }
})
