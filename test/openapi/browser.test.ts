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

  const visits: Array<{ name: string, url: string, Driver: typeof PAGES[number]['Driver'] }> = []
  for (const openapi of ['3.0.3', '3.1.0'] as const) {
    const app = await buildApi({ openapi, zitadel: { issuer: server.issuer, credentials: API_CREDENTIALS }, login: { clientId: DOCS_CLIENT_ID, projectId: PROJECT_ID } })
    t.teardown(async () => await app.close())
    const port = await listen(app)
    for (const { name, path, Driver } of PAGES) visits.push({ name: `${name}, OpenAPI ${openapi}`, url: `http://localhost:${port}${path}`, Driver })
  }

  // At the same time, because a page waits for its server most of the time.
  const results = await Promise.all(visits.map(async ({ name, url, Driver }) => {
    const context = await browser.newContext({ viewport: { width: 1400, height: 1000 } })
    context.setDefaultTimeout(60_000)
    const docs = new Driver(await context.newPage(), url)
    await docs.open()
    await docs.logIn('ada')
    const held = await docs.tryOut('GET', '/orders')
    const lacking = await docs.tryOut('DELETE', '/orders')
    await docs.logOut()
    return { name, held, lacking, loggedOut: await docs.tryOut('GET', '/orders') }
  }))
  for (const { name, held, lacking, loggedOut } of results) {
    t.equal(held, 200, `${name}: a route whose role the person has`)
    t.equal(lacking, 403, `${name}: a route whose role the person lacks`)
    t.equal(loggedOut, 401, `${name}: after logging out`)
  }
})
