import t, { type Test } from 'tap'
import { request } from 'node:http'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import zitadel, { type ZitadelOptions } from '../../lib/index.ts'
import { activeResponse, bearer, getter, listen, startGuardedApp } from '../fixtures/guarded-app.ts'

const ORIGIN = 'https://api.acme.example'
const METADATA = `${ORIGIN}/.well-known/oauth-protected-resource`
const responses = { pat: activeResponse({ jti: '280000000000000900' }) }

/** Personal access tokens are accepted inside of `/open` only. */
const RESOURCES = [`${ORIGIN}/mcp`, { url: `${ORIGIN}/open`, personalAccessTokens: true }]

interface Answer { readonly status: number | undefined, readonly resource: string | undefined }

/** Returns a function that sends a personal access token with a request target, as it is. */
async function start (t: Test, declare: (app: FastifyInstance) => void, server: FastifyServerOptions = {}, options: ZitadelOptions = {}): Promise<(target: string) => Promise<Answer>> {
  const { app } = await startGuardedApp(t, { responses, server, options: { issuer: 'https://auth.acme.example', resource: RESOURCES, ...options } })
  declare(app)
  const port = await listen(app)
  return async (path) => await new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers: bearer('pat'), agent: false }, (response) => {
      response.resume()
      const challenge = response.headers['www-authenticate']
      resolve({ status: response.statusCode, resource: challenge && /resource_metadata="([^"]*)"/.exec(challenge)?.[1] })
    }).on('error', reject).end()
  })
}

const refused = (path: string): Answer => ({ status: 401, resource: `${METADATA}${path}` })
const served: Answer = { status: 200, resource: undefined }

t.test('a request target in absolute form is inside of the same resource as its path', async (t) => {
  const send = await start(t, (app) => {
    app.get('/mcp/:id', async () => 'served')
    app.get('/:tenant/tools', async () => 'served')
    app.get('/*', async () => 'served')
  }, {}, { resource: [...RESOURCES, ORIGIN] })
  for (const origin of ['', 'http://127.0.0.1', 'https://other.example:8443', 'HTTP://x']) {
    for (const path of ['/mcp/1', '/mcp/tools', '/mcp/a/b', '/%6dcp/1', '/mcp?x']) t.same(await send(origin + path), refused('/mcp'), origin + path)
    for (const path of ['/open/1', '/open/tools', '/open?/mcp/1']) t.same(await send(origin + path), served, origin + path)
    for (const path of ['/', '/openx', '/other']) t.same(await send(origin + path), refused(''), origin + path)
  }
  t.same(await send('http://x'), refused(''))
  t.same(await send('http://open/other'), refused(''))
  t.same(await send('http://x?/open/1'), refused(''))
  t.same(await send('*'), refused(''))
})

t.test('with unmatched: \'protected\', a request target in absolute form is inside of the resource that its path names', async (t) => {
  const send = await start(t, () => {}, {}, { unmatched: 'protected' })
  t.same(await send('http://x/mcp/1'), refused('/mcp'))
  t.same(await send('http://x/open/1'), { status: 404, resource: undefined })
})

t.test('a path that a proxy behind a wildcard would change is inside of a resource in both forms', async (t) => {
  const send = await start(t, (app) => { app.get('/*', async () => 'served') })
  for (const path of ['/./mcp', '/%2e/mcp', '/x/../mcp', '/x/%2E%2e/mcp', '/mcp\\1', '/mcp%5C1', '/mcp/./1', '/mcp/../open', '/open/../mcp', '/open/..%2fmcp', '/%6dcp/.', '/a/../b/../mcp/1', '/MCP', '/Mcp/1', '/%4Dcp', '/./mCP']) t.same(await send(path), refused('/mcp'), path)
  for (const path of ['/./open', '/open/./1', '/x/../open', '/.mcp', '/mcp.', '/...', '/other/../x']) t.same(await send(path), served, path)
})

t.test('a path that no route serves is inside of a resource in any case, because middleware may ignore it', async (t) => {
  const send = await start(t, () => {}, {}, { unmatched: 'protected' })
  t.same(await send('/MCP/1'), refused('/mcp'))
  t.same(await send('/OPEN/1'), { status: 404, resource: undefined })
})

t.test('of two resources that a path can mean, the one that denies personal access tokens counts', async (t) => {
  for (const [open, closed] of [['', '/mcp'], ['/mcp', '']] as const) {
    const send = await start(t, (app) => { app.get('/*', async () => 'served') }, {}, { resource: [{ url: ORIGIN + open, personalAccessTokens: true }, ORIGIN + closed] })
    for (const path of ['/./mcp', '/mcp/../x']) t.same(await send(path), refused(closed), path)
  }
})

for (const server of [{ routerOptions: { caseSensitive: false } }, { caseSensitive: false }] as FastifyServerOptions[]) {
  t.test(`a path is inside of a resource in any case that the router accepts (${JSON.stringify(server)})`, async (t) => {
    const send = await start(t, (app) => {
      app.get('/mcp/:id', async () => 'served')
      app.get('/MCP/status', async () => 'served')
      app.get('/:tenant/tools', async () => 'served')
    }, server)
    for (const path of ['/MCP/1', '/mcp/1', '/Mcp/status', '/mcp/status', '/MCP/tools', '/%4dCP/1']) t.same(await send(path), refused('/mcp'), path)
    for (const path of ['/OPEN/tools', '/acme/tools']) t.same(await send(path), served, path)
  })
}

t.test('a case-sensitive router tells `/MCP` from `/mcp`', async (t) => {
  const send = await start(t, (app) => { app.get('/:name/:id', async () => 'served') })
  t.same(await send('/mcp/1'), refused('/mcp'))
  t.same(await send('/MCP/1'), served)
})

t.test('an encoded slash in a parameter does not move a request into another resource', async (t) => {
  const send = await start(t, (app) => {
    app.get('/:id', async () => 'served')
    app.get('/files/*', async () => 'served')
  }, {}, { resource: [ORIGIN, { url: `${ORIGIN}/open`, personalAccessTokens: true }, `${ORIGIN}/files/private`] })
  for (const path of ['/open%2F1', '/open%2f', '/open%252f1', '/open;x', '/open%3f']) t.same(await send(path), refused(''), path)
  t.same(await send('/open'), served)
  t.same(await send('/files/private%2f1'), refused('/files/private'), 'a wildcard contains slashes')
})

t.test('a semicolon ends the path where the router has that option', async (t) => {
  const send = await start(t, (app) => { app.get('/:id', async () => 'served') }, { routerOptions: { useSemicolonDelimiter: true } as object })
  t.same(await send('/mcp;x'), refused('/mcp'))
})

t.test('a hook that changes the URL after the routing moves no request out of the fixed part of its pattern', async (t) => {
  const app = Fastify()
  t.teardown(async () => await app.close())
  app.addHook('onRequest', async ({ raw }) => { raw.url = '/open/1' })
  await app.register(zitadel, { issuer: 'https://auth.acme.example', resource: RESOURCES, introspect: async () => responses.pat })
  app.get('/mcp/:id', async () => 'served')
  t.equal((await getter(app)('/mcp/1')).statusCode, 401)
})
