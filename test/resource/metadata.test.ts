import t, { type Test } from 'tap'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import cors from '@fastify/cors'
import plugin, { type ZitadelOptions } from '../../lib/index.ts'
import { VALID_OPTIONS } from '../fixtures/registration.ts'

const WELL_KNOWN = '/.well-known/oauth-protected-resource'
const MCP = 'https://api.acme.example/mcp'

async function start (t: Test, options: ZitadelOptions, { server, prefix, before = () => {}, after = () => {} }: { server?: FastifyServerOptions, prefix?: string, before?: (app: FastifyInstance) => unknown, after?: (app: FastifyInstance) => unknown } = {}): Promise<{ app: FastifyInstance, warnings: string[] }> {
  const warnings: string[] = []
  const app = Fastify({ logger: { level: 'warn', stream: { write: (line: string) => { warnings.push(JSON.parse(line).msg) } } }, ...server })
  t.teardown(() => app.close())
  await before(app)
  await app.register(async (scope) => {
    await scope.register(plugin, { ...VALID_OPTIONS, ...options })
    scope.post('/mcp', async () => 'served')
  }, { prefix: prefix ?? '' })
  await after(app)
  await app.ready()
  return { app, warnings }
}

t.test('the metadata of a resource is served at its path and at the root', async (t) => {
  const { app, warnings } = await start(t, { resource: MCP, projectId: '42' })
  for (const url of [`${WELL_KNOWN}/mcp`, WELL_KNOWN]) {
    const response = await app.inject({ url, headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example' } })
    t.equal(response.statusCode, 200)
    t.match(response.headers['content-type'], /^application\/json/)
    t.equal(response.headers['access-control-allow-origin'], '*')
    t.same(response.json(), {
      resource: MCP,
      authorization_servers: ['https://auth.acme.example'],
      scopes_supported: ['openid', 'urn:zitadel:iam:org:project:id:42:aud'],
      bearer_methods_supported: ['header']
    })
  }
  t.same(warnings, [])
})

t.test('HEAD and OPTIONS of the metadata are served, and a browser of any origin may send any header', async (t) => {
  const { app } = await start(t, { resource: MCP, projectId: '42' })
  const head = await app.inject({ method: 'HEAD', url: `${WELL_KNOWN}/mcp` })
  t.equal(head.statusCode, 200)
  t.equal(head.body, '')
  const options = await app.inject({ method: 'OPTIONS', url: `${WELL_KNOWN}/mcp`, headers: { origin: 'https://page.example', 'access-control-request-method': 'GET', 'access-control-request-headers': 'mcp-protocol-version' } })
  t.equal(options.statusCode, 204)
  t.match(options.headers, { 'access-control-allow-origin': '*', 'access-control-allow-methods': 'GET, HEAD, OPTIONS', 'access-control-allow-headers': '*' })
  t.equal((await app.inject({ method: 'POST', url: `${WELL_KNOWN}/mcp` })).statusCode, 404)
})

t.test('@fastify/cors and the metadata work together', async (t) => {
  const { app } = await start(t, { resource: MCP, projectId: '42' }, { before: async (app) => await app.register(cors, { origin: 'https://page.example' }) })
  t.equal((await app.inject({ url: `${WELL_KNOWN}/mcp`, headers: { origin: 'https://other.example' } })).headers['access-control-allow-origin'], '*')
})

t.test('the prefix of the scope in which the plugin is registered does not move the metadata', async (t) => {
  const { app } = await start(t, { resource: 'https://api.acme.example/v1/mcp', projectId: '42' }, { prefix: '/v1' })
  t.equal((await app.inject(`${WELL_KNOWN}/v1/mcp`)).json().resource, 'https://api.acme.example/v1/mcp')
  t.equal((await app.inject(`/v1${WELL_KNOWN}/v1/mcp`)).statusCode, 404)
})

t.test('each of several resources has its own metadata, and the root has that of an origin only', async (t) => {
  const two = [MCP, { url: 'https://api.acme.example/tools/v2', scopes: ['email'], name: 'Tools', documentation: 'https://docs.acme.example/tools' }]
  const { app } = await start(t, { resource: two, projectId: '42' })
  t.equal((await app.inject(`${WELL_KNOWN}/mcp`)).json().resource, MCP)
  t.match((await app.inject(`${WELL_KNOWN}/tools/v2`)).json(), {
    resource: 'https://api.acme.example/tools/v2',
    scopes_supported: ['openid', 'urn:zitadel:iam:org:project:id:42:aud', 'email'],
    resource_name: 'Tools',
    resource_documentation: 'https://docs.acme.example/tools'
  })
  t.equal((await app.inject(WELL_KNOWN)).statusCode, 404)
  const { app: withOrigin } = await start(t, { resource: [MCP, 'https://api.acme.example'], projectId: '42' })
  t.equal((await withOrigin.inject(WELL_KNOWN)).json().resource, 'https://api.acme.example')
})

t.test('a resource whose path ends with a slash has its metadata with and without the slash', async (t) => {
  for (const server of [{}, { routerOptions: { ignoreTrailingSlash: true } }, { routerOptions: { ignoreDuplicateSlashes: true, caseSensitive: false } }]) {
    const { app } = await start(t, { resource: `${MCP}/`, projectId: '42' }, { server })
    for (const path of ['/mcp', '/mcp/', '']) t.equal((await app.inject(`${WELL_KNOWN}${path}`)).json().resource, `${MCP}/`, path)
  }
})

t.test('other paths below the well-known path are 404', async (t) => {
  const { app } = await start(t, { resource: 'https://api.acme.example/a.b', projectId: '42' })
  for (const path of ['/a.b/c', '/a%2Eb/', '/axb', '/x/a.b', '/', 'x']) t.equal((await app.inject(`${WELL_KNOWN}${path}`)).statusCode, 404, path)
})

t.test('a route of the app at the path of the metadata takes precedence, with a warning', async (t) => {
  const own = (app: FastifyInstance): unknown => app.get(`${WELL_KNOWN}/mcp`, { config: { access: 'public' } }, async () => ({ own: true }))
  for (const setup of [{ before: own }, { after: own }]) {
    const { app, warnings } = await start(t, { resource: MCP, projectId: '42' }, setup)
    t.same((await app.inject(`${WELL_KNOWN}/mcp`)).json(), { own: true })
    t.same(warnings, [`fastify-zitadel: a route of the app serves ${WELL_KNOWN}/mcp in place of the metadata of the option "resource"`])
    t.equal((await app.inject(WELL_KNOWN)).json().resource, MCP)
  }
})

t.test('a wildcard route of the user does not hide the metadata', async (t) => {
  const { app } = await start(t, { resource: MCP, projectId: '42' }, { after: (app) => app.get('/*', async () => 'page') })
  t.equal((await app.inject(`${WELL_KNOWN}/mcp`)).json().resource, MCP)
})

t.test('undeclaredRoutes: \'refused\' accepts the routes of the metadata', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(plugin, { ...VALID_OPTIONS, resource: MCP, projectId: '42', undeclaredRoutes: 'refused' })
  app.post('/mcp', { config: { scopes: [] } }, async () => 'served')
  await app.ready()
  t.equal((await app.inject(`${WELL_KNOWN}/mcp`)).statusCode, 200)
})

t.test('two registrations with different resources serve the metadata of both, and the first one serves the root', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  for (const name of ['one', 'two']) {
    await app.register(async (scope) => {
      await scope.register(plugin, { ...VALID_OPTIONS, resource: `https://api.acme.example/${name}`, projectId: '42' })
      scope.post('/', async () => 'served')
    }, { prefix: `/${name}` })
  }
  t.equal((await app.inject(`${WELL_KNOWN}/one`)).json().resource, 'https://api.acme.example/one')
  t.equal((await app.inject(`${WELL_KNOWN}/two`)).json().resource, 'https://api.acme.example/two')
  t.equal((await app.inject(WELL_KNOWN)).json().resource, 'https://api.acme.example/one')
})

t.test('two registrations with the same resource do not start', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const register = (prefix: string) => app.register(async (scope) => { await scope.register(plugin, { ...VALID_OPTIONS, resource: MCP, projectId: '42' }) }, { prefix })
  await register('/one')
  await t.rejects(async () => await register('/two'), { code: 'FST_ZITADEL_OPTION', message: 'option "resource": another registration on this server has a resource with the same path' })
})

t.test('a resource without projectId is a warning, because clients do not get the audience scope', async (t) => {
  const { app, warnings } = await start(t, { resource: MCP })
  t.same((await app.inject(`${WELL_KNOWN}/mcp`)).json().scopes_supported, ['openid'])
  t.match(warnings, [/option "resource" without "projectId"/])
})

t.test('a resource whose path no route has is a warning', async (t) => {
  const { warnings } = await start(t, { resource: 'https://api.acme.example/mpc', projectId: '42' })
  t.match(warnings, [/no route of this server is inside the path \/mpc of the option "resource"/])
  const { warnings: none } = await start(t, { resource: 'https://api.acme.example/acme/mcp', projectId: '42' }, { after: (app) => app.post('/:tenant/mcp', async () => '') })
  t.same(none, [])
})

t.test('a route with a parameter can be inside a resource, and one for OPTIONS is in none', async (t) => {
  const collectWarnings = async (resource: string, declare: (app: FastifyInstance) => unknown): Promise<number> => {
    const { warnings } = await start(t, { resource, projectId: '42' }, { after: declare })
    return warnings.filter((warning) => warning.includes('no route of this server is inside')).length
  }
  const handler = async (): Promise<string> => 'served'
  for (const url of ['/notes', '/notes/', '/Notes/a', '/n:rest', '/notes/:id', '/:any', '*', '/notes/a/:id']) t.equal(await collectWarnings('https://api.acme.example/notes', (app) => app.get(url, handler)), 0, url)
  for (const url of ['/', '/notes2', '/a/notes', '/other/:id', '/notesx:id', '/s:rest', '/a/notes/:id']) t.equal(await collectWarnings('https://api.acme.example/notes', (app) => app.get(url, handler)), 1, url)
  t.equal(await collectWarnings('https://api.acme.example/notes', (app) => app.options('/notes', handler)), 1)
})
