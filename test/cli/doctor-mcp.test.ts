import t, { type Test } from 'tap'
import Fastify from 'fastify'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createExchange } from '../../lib/cli/mcp/mcp-http.ts'
import { MCP_CAUSES } from '../../lib/cli/mcp/mcp-causes.ts'
import zitadel from '../../lib/index.ts'
import { startStandIn, type StandIn } from '../../lib/testing/index.ts'
import { startConnectProxy } from '../fixtures/connect-proxy.ts'
import { runCommand } from '../fixtures/terminal.ts'

const PROJECT = '280000000000000001'
const AUDIENCE = `urn:zitadel:iam:org:project:id:${PROJECT}:aud`
const CANARY = 'canary-of-a-token'
/** The causes that occurred in the tests. */
const seenCauses = new Set<string>()

interface Report { readonly status: number, readonly output: string, readonly lines: Record<string, string> }

async function examine (url: string, { flags = [], token, env = {} }: { flags?: string[], token?: string, env?: Record<string, string> } = {}): Promise<Report> {
  const { status, output } = await runCommand(['doctor', '--mcp', url, '--json', ...flags, ...token === undefined ? [] : ['--token-file', '-']], { text: `${token ?? ''}\n`, env })
  const { checks } = JSON.parse(output) as { checks: Array<{ id: string, status: string, message: string, cure: string, cause: string, see: string }> }
  for (const { id, status, cure, cause, see } of checks) {
    t.match(id, /^mcp_\w+$/)
    if (status === 'ok') continue
    seenCauses.add(cause)
    t.same([cure, see], MCP_CAUSES[cause as keyof typeof MCP_CAUSES], id)
  }
  return { status, output, lines: Object.fromEntries(checks.map(({ id, status, message }) => [id, `${status}: ${message}`])) }
}

/** A response of the faulty server. */
type Page = { readonly status?: number, readonly headers?: Record<string, string>, readonly body?: unknown } | 'reset'
type Pages = Record<string, Page | ((request: IncomingMessage, response: ServerResponse) => void)>

/** A server with an MCP server at /mcp and an authorization server. Pages that are not given are correct. */
async function start (t: Test, createPages: (origin: string) => Pages = () => ({})): Promise<{ origin: string, url: string, seen: string[] }> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => server.close().closeAllConnections())
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const metadata = `${origin}/.well-known/oauth-protected-resource/mcp`
  const pages: Pages = {
    '/mcp': { status: 401, headers: { 'www-authenticate': `Bearer scope="openid ${AUDIENCE}", resource_metadata="${metadata}"` } },
    '/.well-known/oauth-protected-resource/mcp': { body: createResource(origin) },
    '/.well-known/openid-configuration': { body: createIssuer(origin) },
    ...createPages(origin)
  }
  const seen: string[] = []
  server.on('request', (request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`)
    const page = pages[request.url!] ?? { status: 404 }
    if (page === 'reset') request.socket.resetAndDestroy()
    else if (typeof page === 'function') page(request, response)
    else response.writeHead(page.status ?? 200, { 'content-type': 'application/json', ...page.headers }).end(typeof page.body === 'string' ? page.body : JSON.stringify(page.body ?? {}))
  })
  return { origin, url: `${origin}/mcp`, seen }
}

const createResource = (origin: string, more: object = {}): object => ({ resource: `${origin}/mcp`, authorization_servers: [origin], scopes_supported: ['openid', AUDIENCE], ...more })
const createIssuer = (issuer: string, more: object = {}): object => ({ issuer, code_challenge_methods_supported: ['S256'], registration_endpoint: `${issuer}/register`, ...more })

async function startGuarded (t: Test, options: object = {}): Promise<{ standIn: StandIn, url: string }> {
  const standIn = await startStandIn()
  t.teardown(async () => await standIn.close())
  // The option needs the port before the server listens.
  const probe = createServer()
  await once(probe.listen(0, '127.0.0.1'), 'listening')
  const { port } = probe.address() as AddressInfo
  await once(probe.close(), 'close')
  const url = `http://127.0.0.1:${port}/mcp`
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(zitadel, { issuer: standIn.issuer, credentials: standIn.credentials, resource: url, projectId: standIn.projectId, ...options })
  app.post('/mcp', { config: { roles: ['reader'] } }, async () => ({ jsonrpc: '2.0', id: 1, result: {} }))
  await app.listen({ port, host: '127.0.0.1' })
  return { standIn, url }
}

t.test('with the plugin and the stand-in, only the registration of clients is missing', async (t) => {
  const { standIn, url } = await startGuarded(t)
  const token = await standIn.issueToken({ roles: ['reader'] })
  const { status, lines, output } = await examine(url, { token, flags: ['--project-id', standIn.projectId], env: { ZITADEL_ISSUER: standIn.issuer } })
  t.match(lines, { mcp_server: /^ok/, mcp_challenge: /^ok/, mcp_metadata: /^ok/, mcp_resource: /^ok/, mcp_scopes: /^ok/, mcp_authorization_server: /^ok/, mcp_pkce: /^ok/, mcp_registration: /^warning: Clients cannot register/, mcp_token: /^ok/ })
  t.equal(status, 2)
  t.notMatch(output, token)
  t.match((await examine(url, { token: await standIn.issueToken({ roles: [] }) })).lines['mcp_token'], /^warning: .*lacks a role/)
  const { lines: revoked } = await examine(url, { token: 'unknown' })
  t.match(revoked['mcp_token'], /^failed: The MCP server does not accept the token/)
})

t.test('for a server without a fault, the exit status is 0 and the output is text', async (t) => {
  const { origin, url, seen } = await start(t, (origin) => ({ '/.well-known/oauth-authorization-server': { body: createIssuer(origin, { client_id_metadata_document_supported: true }) } }))
  const { status, output } = await runCommand(['doctor', '--mcp', url])
  t.equal(status, 0, output)
  t.same(output.split('\n'), [
    'ok       The MCP server demands a token',
    'ok       The challenge points to the metadata of the resource',
    `ok       The metadata of the resource is at ${origin}/.well-known/oauth-protected-resource/mcp`,
    'ok       The metadata is of this resource',
    'ok       The server names the audience scope of the project',
    `ok       The authorization server is ${origin}`,
    'ok       The authorization server supports PKCE',
    'ok       Clients can register themselves: client id metadata documents, dynamic registration',
    ''
  ])
  t.same(seen, ['POST /mcp ', 'GET /.well-known/oauth-protected-resource/mcp ', 'GET /.well-known/oauth-authorization-server '], 'each page is read once, and no credentials are sent')
})

t.test('each missing link is named', async (t) => {
  const cases: Array<[name: string, createPages: (origin: string) => Pages, id: string, line: RegExp, rest?: RegExp]> = [
    ['no such route', () => ({ '/mcp': { status: 404 } }), 'mcp_server', /^failed: .*status 404/],
    ['a redirect', () => ({ '/mcp': { status: 307, headers: { location: '/other' } } }), 'mcp_server', /^failed: .*status 307/],
    ['a Host header that is not allowed', () => ({ '/mcp': { status: 403 } }), 'mcp_server', /^failed: .*status 403/],
    ['several choices', () => ({ '/mcp': { status: 300 } }), 'mcp_server', /^failed: .*status 300/],
    ...[400, 406, 415].map((status): typeof cases[number] => [`no guard, status ${status}`, () => ({ '/mcp': { status } }), 'mcp_guard', new RegExp(`^failed: .*status ${status}`)]),
    ['the name of a parameter in capital letters', (origin) => ({ '/mcp': { status: 401, headers: { 'www-authenticate': `Bearer Resource_Metadata="${origin}/.well-known/oauth-protected-resource/mcp"` } } }), 'mcp_challenge', /^ok/],
    ['a failure', () => ({ '/mcp': { status: 503 } }), 'mcp_server', /^failed: .*status 503/],
    ['a reset', () => ({ '/mcp': 'reset' }), 'mcp_server', /^failed: .*(ECONNRESET|UND_ERR_SOCKET)/],
    ['no guard', () => ({ '/mcp': { body: {} } }), 'mcp_guard', /^failed: .*status 200/],
    ['no guard, an endless stream', () => ({ '/mcp': (_request, response) => { response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': open\n') } }), 'mcp_guard', /^failed: .*status 200/],
    ['no challenge', () => ({ '/mcp': { status: 401 } }), 'mcp_challenge', /^warning: .*resource_metadata/],
    ['a challenge without metadata', () => ({ '/mcp': { status: 401, headers: { 'www-authenticate': 'Bearer' } } }), 'mcp_challenge', /^warning: .*resource_metadata/],
    ['no metadata at all', () => ({ '/.well-known/oauth-protected-resource/mcp': { status: 404 } }), 'mcp_metadata', /^failed: The metadata of the resource is not there \(http:\S+\/mcp: status 404, http:\S+oauth-protected-resource: status 404\)$/],
    ['metadata that is no JSON', () => ({ '/.well-known/oauth-protected-resource/mcp': { body: '<html>' } }), 'mcp_metadata', /^failed: .*no JSON object/],
    ['metadata that is an array', () => ({ '/.well-known/oauth-protected-resource/mcp': { body: [] } }), 'mcp_metadata', /^failed: .*no JSON object/],
    ['metadata that is a number', () => ({ '/.well-known/oauth-protected-resource/mcp': { body: 5 } }), 'mcp_metadata', /^failed: .*no JSON object/],
    ['metadata that is null', () => ({ '/.well-known/oauth-protected-resource/mcp': { body: 'null' } }), 'mcp_metadata', /^failed: .*no JSON object/],
    ['metadata that is too large', () => ({ '/.well-known/oauth-protected-resource/mcp': { body: `{"a":"${'a'.repeat(1024 * 1024)}"}` } }), 'mcp_metadata', /^failed: .*RESPONSE_TOO_LARGE/],
    ['only the root form', (origin) => ({ '/mcp': { status: 401 }, '/.well-known/oauth-protected-resource/mcp': { status: 404 }, '/.well-known/oauth-protected-resource': { body: createResource(origin) } }), 'mcp_metadata', /^warning: .*is not at .*\/mcp/],
    ['only the URL of the challenge', (origin) => ({ '/mcp': challengeTo(`${origin}/metadata`), '/metadata': { body: createResource(origin) }, '/.well-known/oauth-protected-resource/mcp': { status: 404 } }), 'mcp_metadata', /^warning: .*is not at/],
    ['the URL of the challenge and the path form', (origin) => ({ '/mcp': challengeTo(`${origin}/metadata`), '/metadata': { body: createResource(origin) } }), 'mcp_metadata', /^ok: .*\/metadata$/],
    ['a challenge that points nowhere', (origin) => ({ '/mcp': challengeTo(`${origin}/none`) }), 'mcp_metadata', /^failed: The challenge points to metadata that is not there: .*\/none/],
    ['a challenge with no URL', () => ({ '/mcp': challengeTo('file:///etc/passwd') }), 'mcp_metadata', /^failed: The challenge points/],
    ['another resource', (origin) => ({ '/.well-known/oauth-protected-resource/mcp': { body: createResource(origin, { resource: 'https://other.example/mcp\u001b[31m' }) } }), 'mcp_resource', /^failed: .*https:\/\/other\.example\/mcp\?\[31m$/],
    ['another resource with a long name', (origin) => ({ '/.well-known/oauth-protected-resource/mcp': { body: createResource(origin, { resource: `https://other.example/${'a'.repeat(300)}` }) } }), 'mcp_resource', /^failed: .*: https:\/\/other\.example\/a{178}$/],
    ['another origin', (origin) => ({ '/.well-known/oauth-protected-resource/mcp': { body: createResource(origin, { resource: 'https://other.example/mcp' }) } }), 'mcp_resource', /^failed/],
    ['a path with the same start', (origin) => ({ '/.well-known/oauth-protected-resource/mcp': { body: createResource(origin, { resource: `${origin}/mc` }) } }), 'mcp_resource', /^failed/],
    ['an array as resource', (origin) => ({ '/.well-known/oauth-protected-resource/mcp': { body: createResource(origin, { resource: [`${origin}/mcp`] }) } }), 'mcp_resource', /^failed: The metadata names no resource/],
    ['a longer path', (origin) => ({ '/.well-known/oauth-protected-resource/mcp': { body: createResource(origin, { resource: `${origin}/mcp/v1` }) } }), 'mcp_resource', /^failed/],
    ['the origin as resource', (origin) => ({ '/.well-known/oauth-protected-resource/mcp': { body: createResource(origin, { resource: origin }) } }), 'mcp_resource', /^warning/],
    ['a slash at the end', (origin) => ({ '/.well-known/oauth-protected-resource/mcp': { body: createResource(origin, { resource: `${origin}/mcp/` }) } }), 'mcp_resource', /^warning/],
    ['no resource', (origin) => ({ '/.well-known/oauth-protected-resource/mcp': { body: createResource(origin, { resource: 5 }) } }), 'mcp_resource', /^failed: The metadata names no resource/],
    ['no URL as resource', (origin) => ({ '/.well-known/oauth-protected-resource/mcp': { body: createResource(origin, { resource: 'mcp' }) } }), 'mcp_resource', /^failed: The metadata names no resource/],
    ['no audience scope in the challenge', (origin) => ({ '/mcp': challengeTo(`${origin}/.well-known/oauth-protected-resource/mcp`, 'scope="openid"') }), 'mcp_scopes', /^failed: The server does not name the audience scope of the project$/],
    ['no audience scope anywhere', (origin) => ({ '/mcp': challengeTo(`${origin}/.well-known/oauth-protected-resource/mcp`), '/.well-known/oauth-protected-resource/mcp': { body: createResource(origin, { scopes_supported: undefined }) } }), 'mcp_scopes', /^failed: The server does not name/],
    ['no audience scope in the metadata', (origin) => ({ '/.well-known/oauth-protected-resource/mcp': { body: createResource(origin, { scopes_supported: ['openid', 5] }) } }), 'mcp_scopes', /^warning: The metadata does not name/],
    ['an audience scope that is no string', (origin) => ({ '/.well-known/oauth-protected-resource/mcp': { body: createResource(origin, { scopes_supported: [[AUDIENCE]] }) } }), 'mcp_scopes', /^warning: The metadata does not name/],
    ['an authorization server with a path', (origin) => ({ '/.well-known/oauth-protected-resource/mcp': { body: createResource(origin, { authorization_servers: [`${origin}/a/b/`] }) }, '/a/b/.well-known/openid-configuration': { body: createIssuer(`${origin}/a/b/`) } }), 'mcp_authorization_server', /^ok: /],
    ['no authorization server', (origin) => ({ '/.well-known/oauth-protected-resource/mcp': { body: createResource(origin, { authorization_servers: [] }) } }), 'mcp_authorization_server', /^failed: The metadata names no/],
    ['an authorization server that is no URL', (origin) => ({ '/.well-known/oauth-protected-resource/mcp': { body: createResource(origin, { authorization_servers: ['https://'] }) } }), 'mcp_authorization_server', /^failed: The metadata names no/],
    ['an authorization server of another kind', (origin) => ({ '/.well-known/oauth-protected-resource/mcp': { body: createResource(origin, { authorization_servers: ['urn:x'] }) } }), 'mcp_authorization_server', /^failed: The metadata names no/],
    ['an authorization server that cannot be reached', (origin) => ({ '/.well-known/oauth-protected-resource/mcp': { body: createResource(origin, { authorization_servers: ['http://127.0.0.1:9'] }) } }), 'mcp_authorization_server', /^failed: The metadata of the authorization server is not there .*(ECONNREFUSED|the connection failed)/],
    ['another issuer', () => ({ '/.well-known/openid-configuration': { body: createIssuer('https://auth.acme.example') } }), 'mcp_authorization_server', /^failed: The authorization server names another issuer: https:\/\/auth\.acme\.example/],
    ['no PKCE', (origin) => ({ '/.well-known/openid-configuration': { body: createIssuer(origin, { code_challenge_methods_supported: ['plain'] }) } }), 'mcp_pkce', /^failed: The authorization server does not advertise PKCE with S256$/],
    ['no registration', (origin) => ({ '/.well-known/openid-configuration': { body: createIssuer(origin, { registration_endpoint: undefined }) } }), 'mcp_registration', /^warning/]
  ]
  for (const [name, createPages, id, line] of cases) {
    await t.test(name, async (t) => {
      const { url } = await start(t, createPages)
      const { lines, status } = await examine(url)
      if (id === 'mcp_server') t.same(Object.keys(lines), [id], 'nothing else is tried')
      t.match(lines[id], line)
      t.equal(status, lines[id]!.startsWith('failed') ? 1 : lines[id]!.startsWith('warning') ? 2 : 0)
    })
  }
})

function challengeTo (metadata: string, more = ''): Page {
  return { status: 401, headers: { 'www-authenticate': `Bearer ${more === '' ? '' : `${more}, `}resource_metadata="${metadata}"` } }
}

t.test('the issuer and the project of the API are compared, if they are known', async (t) => {
  const { url, origin } = await start(t)
  t.match((await examine(url, { flags: ['--issuer', 'https://auth.acme.example'] })).lines, { mcp_authorization_server: /^failed: .*another authorization server than the issuer of this API/ })
  t.match((await examine(url, { env: { ZITADEL_ISSUER: origin } })).lines, { mcp_authorization_server: /^ok/ })
  t.match((await examine(url, { env: { ZITADEL_ISSUER: 'https://auth.acme.example' } })).lines, { mcp_authorization_server: /^failed/ })
  t.match((await examine(url, { flags: ['--project-id', '42'] })).lines, { mcp_scopes: /^failed: .*urn:zitadel:iam:org:project:id:42:aud/ })
})

t.test('the token is sent to the given URL only, and is never printed', async (t) => {
  const answers: Array<[Page, RegExp]> = [[{ status: 401 }, /^failed: .*does not accept/], [{ status: 403 }, /^warning/], [{ status: 500 }, /^failed: .*status 500/], [{ status: 503 }, /^failed: .*status 503/], [{ status: 300 }, /^failed: .*status 300/], [{ status: 400 }, /^ok: The MCP server accepts the token$/], [{ status: 302, headers: { location: '/elsewhere' } }, /^failed: .*status 302/], ['reset', /^failed: .*(ECONNRESET|UND_ERR_SOCKET)/], [{ status: 406 }, /^ok/], [{ status: 200, body: CANARY }, /^ok/]]
  for (const [page, line] of answers) {
    const { url, seen } = await start(t, (origin) => ({
      '/mcp': ({ headers, socket }, response) => {
        const { status = 200, headers: more, body } = headers.authorization === undefined ? challengeTo(`${origin}/.well-known/oauth-protected-resource/mcp`, `scope="${AUDIENCE}"`) as Exclude<Page, string> : page === 'reset' ? {} : page
        if (page === 'reset' && headers.authorization !== undefined) socket.resetAndDestroy()
        else response.writeHead(status, more).end(body)
      }
    }))
    const { lines, output } = await examine(url, { token: CANARY })
    t.match(lines['mcp_token'], line)
    t.notMatch(output, CANARY)
    t.same(seen.filter((entry) => entry.includes(CANARY)), [`POST /mcp Bearer ${CANARY}`])
  }
  const { url, seen } = await start(t)
  t.match((await examine(url, { token: `Bearer ${CANARY}` })).lines['mcp_token'], /^failed: The token contains characters/)
  t.same(seen.filter((entry) => entry.includes(CANARY)), [])
})

t.test('the URL of a server can be an origin', async (t) => {
  const { origin } = await start(t)
  t.match((await examine(origin)).lines, { mcp_server: /^failed: .*status 404/ })
})

t.test('a wrong URL is a usage error that does not quote it', async (t) => {
  for (const url of ['api.acme.example/mcp', 'ftp://api.acme.example', `https://user:${CANARY}@api.acme.example`, `https://api.acme.example/mcp?token=${CANARY}`, 'https://[x/mcp', 'xhttps://api.acme.example/mcp']) {
    const { status, errors } = await runCommand(['doctor', '--mcp', url])
    t.equal(status, 1)
    t.match(errors, /--mcp must be the URL of the MCP server/)
    t.notMatch(errors, CANARY)
  }
})

t.test('a request to a server that does not respond ends after the timeout', async (t) => {
  const { url } = await start(t, () => ({ '/mcp': () => {} }))
  t.same(await createExchange(20, {})(url), { failure: 'no answer within 20 ms' })
})

t.test('requests go through the proxy of the environment', async (t) => {
  const { origin, url } = await start(t)
  const proxy = await startConnectProxy(t, Number(new URL(origin).port))
  const env = { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy.origin }
  t.match((await examine('http://mcp.invalid/mcp', { env })).lines, { mcp_server: /^ok/ })
  t.equal(proxy.tunnels[0]![0], 'mcp.invalid:80')
  proxy.status = 403
  t.match((await examine('http://mcp.invalid/mcp', { env })).lines, { mcp_server: /the proxy rejected the connection \(403\)$/ })
  t.match((await examine(url, { env: { ...env, NO_PROXY: '127.0.0.1' } })).lines, { mcp_server: /^ok/ })
})

t.test('a token is not sent over plain http to another machine', async (t) => {
  const { sendTokenIfSafe } = await import('../../lib/cli/mcp/mcp-token.ts')
  const sent: string[] = []
  const diagnosis = await sendTokenIfSafe(async (url) => { sent.push(url); return { failure: '' } }, 'http://api.acme.example/mcp', CANARY)
  t.match(diagnosis, { id: 'mcp_token', status: 'failed', message: /was not sent/, cause: 'mcp_token_not_sent' })
  seenCauses.add(diagnosis.cause)
  t.same(sent, [])
  await sendTokenIfSafe(async (url) => { sent.push(url); return { failure: '' } }, 'https://api.acme.example/mcp', CANARY)
  t.same(sent, ['https://api.acme.example/mcp'])
})

t.test('a response without a body is reported as no document', async (t) => {
  const { url } = await start(t, () => ({ '/.well-known/oauth-protected-resource/mcp': { status: 204 } }))
  t.match((await examine(url)).lines['mcp_metadata'], /^failed: .*status 204/)
})

t.test('each cause was found, is documented, and links to a section that exists', async (t) => {
  t.same([...seenCauses].sort(), Object.keys(MCP_CAUSES).sort())
  const { findAnchors, ROOT } = await import(pathToFileURL(resolve('test/docs/markdown.js')).href) as { findAnchors: (text: string) => Set<string>, ROOT: string }
  const documented = readFileSync(join(ROOT, 'docs/doctor.md'), 'utf8')
  for (const [cause, [, see]] of Object.entries(MCP_CAUSES)) {
    const [path, anchor] = see.split('#') as [string, string?]
    t.match(documented, `\`${cause}\``, `${cause} is in docs/doctor.md`)
    t.ok(existsSync(join(ROOT, path)) && (anchor === undefined || findAnchors(readFileSync(join(ROOT, path), 'utf8')).has(anchor)), `${cause}: ${see} exists`)
  }
})
