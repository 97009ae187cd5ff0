import t, { type Test } from 'tap'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer as createPlainServer, type AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { pathToFileURL } from 'node:url'
import { Pool } from 'undici'
import { CAUSES, type Cause } from '../../lib/cli/checks/causes.ts'
import { diagnoseConnection } from '../../lib/cli/checks/connection.ts'
import type { Diagnosis } from '../../lib/cli/diagnosis.ts'
import { MCP_CAUSES } from '../../lib/cli/mcp/mcp-causes.ts'
import { startStandIn, type StandIn } from '../../lib/testing/index.ts'
import { runCommand } from '../fixtures/terminal.ts'
import { playServer, playZitadel, type PlayedResponse } from '../fixtures/zitadel-server.ts'

/** No name server is asked for a name with a label of more than 63 characters. */
const UNRESOLVED = `${'a'.repeat(64)}.invalid`

/** How a cause is made: the environment, and a token. */
interface Setting {
  readonly env?: Record<string, string>
  readonly token?: string
  readonly flags?: readonly string[]
}
type Setup = (t: Test, standIn: StandIn) => Setting | Promise<Setting>

const standIn = await startStandIn()
t.teardown(async () => await standIn.close())
// Creates the keys, which takes longer than the deadline of a request on a slow machine.
t.equal((await fetch(`${standIn.issuer}/oauth/v2/keys`)).status, 200)

const newKey = (bits: number): string => generateKeyPairSync('rsa', { modulusLength: bits, privateKeyEncoding: { type: 'pkcs1', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } }).privateKey
const certificate = (name: string): string => readFileSync(resolve(`test/fixtures/certificates/${name}.pem`), 'utf8')

/** Variables with another key. */
const withKey = (change: (key: object) => unknown): Setup => (_t, { issuer, api }) => {
  const changed = change(api.key)
  return { env: { ZITADEL_ISSUER: issuer, ZITADEL_KEY: typeof changed === 'string' ? changed : JSON.stringify(changed) } }
}
/** Variables with a file for the key. */
const withKeyFile = (text: string): Setup => (t, { issuer }) => ({ env: { ZITADEL_ISSUER: issuer, ZITADEL_KEY_FILE: `${t.testdir({ 'key.json': text })}/key.json` } })
/** Another issuer, and the credentials of the stand-in. */
const at = (issuer: string): Setting => ({ env: { ...standIn.env, ZITADEL_ISSUER: issuer } })
const withDiscovery = (response: PlayedResponse | ((issuer: string) => PlayedResponse)): Setup => async (t) => at(await playServer(t, (_path, origin) => typeof response === 'function' ? response(origin) : response))
const withIssuer = (change: (issuer: string) => string): Setup => withDiscovery((issuer) => ({ body: JSON.stringify({ issuer: change(issuer) }) }))
const withIntrospection = (response: PlayedResponse, headers = {}): Setup => async (t) => at(await playZitadel(t, () => response, headers))
const withToken = (token: string): Setup => () => ({ token })
const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds
/** A JWT of the stand-in's issuer, without a signature. */
const withClaims = (create: (issuer: string) => object, flags: string[] = []): Setup => () => ({ token: jwt({ iss: standIn.issuer, exp: inSeconds(60), ...create(standIn.issuer) }), flags })

function jwt (claims: object): string {
  return ['{"alg":"RS256"}', JSON.stringify(claims), 'signature'].map((part) => Buffer.from(part).toString('base64url')).join('.')
}

async function listenRaw (t: Test, server: ReturnType<typeof createPlainServer>): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

/** Each cause, and how a test makes it. */
const CASES: Record<Exclude<Cause, keyof typeof ERRORS | keyof typeof LATER>, Setup> = {
  issuer_missing: () => ({ env: { ZITADEL_ISSUER: '' } }),
  issuer_malformed: (_t, { issuer }) => ({ env: { ZITADEL_ISSUER: `${issuer}/ui/console` } }),
  credentials_missing: (_t, { issuer }) => ({ env: { ZITADEL_ISSUER: issuer } }),
  credentials_incomplete: (_t, { issuer }) => ({ env: { ZITADEL_ISSUER: issuer, ZITADEL_CLIENT_ID: '1' } }),
  credentials_conflict: (_t, { env }) => ({ env: { ...env, ZITADEL_CLIENT_ID: '1', ZITADEL_CLIENT_SECRET: 'x' } }),
  key_file_missing: (t, { issuer }) => ({ env: { ZITADEL_ISSUER: issuer, ZITADEL_KEY_FILE: `${t.testdir()}/none.json` } }),
  key_file_is_directory: (t, { issuer }) => ({ env: { ZITADEL_ISSUER: issuer, ZITADEL_KEY_FILE: t.testdir() } }),
  key_file_unreadable: (t, { issuer }) => ({ env: { ZITADEL_ISSUER: issuer, ZITADEL_KEY_FILE: `${t.testdir({ file: '' })}/file/key.json` } }),
  key_in_key_file: (_t, { issuer, api }) => ({ env: { ZITADEL_ISSUER: issuer, ZITADEL_KEY_FILE: JSON.stringify(api.key) } }),
  path_in_key: withKey(() => './key.json'),
  key_empty: withKeyFile(' '),
  key_quoted: withKey((key) => `'${JSON.stringify(key)}'`),
  key_is_pem: withKeyFile('-----BEGIN RSA PRIVATE KEY-----'),
  key_line_breaks: withKey((key) => JSON.stringify(key).replaceAll('\\n', '\n')),
  key_not_json: withKeyFile('no key'),
  key_incomplete: withKey((key) => ({ ...key, clientId: '' })),
  key_of_service_account: withKey((key) => ({ ...key, type: 'serviceaccount' })),
  key_pem_broken: withKey((key) => ({ ...key, key: '-----BEGIN RSA PRIVATE KEY-----\nbroken' })),
  key_unsupported: withKey((key) => ({ ...key, key: newKey(1024) })),
  key_expired: withKey((key) => ({ ...key, expirationDate: '2020-01-01T00:00:00Z' })),
  key_expires_soon: withKey((key) => Buffer.from(JSON.stringify({ ...key, expirationDate: new Date(Date.now() + 3_600_000) })).toString('base64')),
  option_wrong: (_t, { env }) => ({ env, flags: ['--address', 'x'] }),

  name_unresolved: () => at(`https://${UNRESOLVED}`),
  nobody_listens: async (t) => {
    const server = createPlainServer()
    const port = await listenRaw(t, server)
    server.close()
    return at(`http://127.0.0.1:${port}`)
  },
  too_slow: async (t) => ({ ...at(`http://127.0.0.1:${await listenRaw(t, createPlainServer((socket) => { t.teardown(() => socket.destroy()) }))}`), flags: ['--timeout', '50'] }),
  connection_broken: async (t) => at(`http://127.0.0.1:${await listenRaw(t, createPlainServer((socket) => socket.destroy()))}`),
  no_http: async (t) => at(`http://127.0.0.1:${await listenRaw(t, createPlainServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')))}`),
  https_at_http_port: (_t, { issuer }) => at(issuer.replace('http:', 'https:')),
  http_at_https_port: async (t) => at(`http://127.0.0.1:${await listenRaw(t, createTlsServer({ key: certificate('expired'), cert: certificate('expired') }))}`),
  certificate_untrusted: async (t) => at(`https://127.0.0.1:${await listenRaw(t, createTlsServer({ key: certificate('other-name'), cert: certificate('other-name') }))}`),
  plain_http: () => ({ ...at('https://auth.acme.example'), flags: ['--address', `http://${UNRESOLVED}:8080`] }),

  clock_ahead: async (t) => at(await playZitadel(t, () => ({ body: '{"active":false}' }), { date: new Date(Date.now() - 60_000).toUTCString() })),
  clock_behind: async (t) => at(await playZitadel(t, () => ({ body: '{"active":false}' }), { date: new Date(Date.now() + 60_000).toUTCString() })),
  discovery_missing: withDiscovery({ status: 404 }),
  instance_unknown: (_t, standIn) => { standIn.fail('unknown-instance', { times: 1 }); return {} },
  not_zitadel: withDiscovery({ body: '<!doctype html><title>Log in</title>' }),
  discovery_malformed: withDiscovery({ body: '{"issuer":5}' }),
  redirected: withDiscovery({ status: 302, headers: { location: 'https://login.acme.example' } }),
  rate_limited: withDiscovery({ status: 429 }),
  server_failed: withDiscovery({ status: 503 }),
  discovery_refused: withDiscovery({ status: 403 }),
  issuer_slash: withIssuer((issuer) => `${issuer}/`),
  issuer_case: withIssuer((issuer) => issuer.replace('http', 'HTTP')),
  issuer_port: withIssuer((issuer) => issuer.replace(/\d+$/, '1')),
  issuer_scheme: withIssuer((issuer) => issuer.replace('http:', 'https:')),
  issuer_other: withIssuer(() => 'https://auth.acme.example'),

  key_refused: withKey((key) => ({ ...key, key: newKey(2048) })),
  secret_refused: (_t, { issuer }) => ({ env: { ZITADEL_ISSUER: issuer, ZITADEL_CLIENT_ID: 'none', ZITADEL_CLIENT_SECRET: 'none' } }),
  clock_refused: withIntrospection({ status: 400, body: '{"error":"unauthorized_client"}' }, { date: new Date(Date.now() - 60_000).toUTCString() }),
  introspection_path: withIntrospection({ status: 404 }),
  introspection_refused: withIntrospection({ status: 400, body: '{"error":"invalid_request"}' }),
  introspection_failed: withIntrospection({ status: 500 }),
  other_project: async (t) => ({ ...at(await playZitadel(t, () => ({ body: JSON.stringify({ active: true, sub: '1', aud: ['8'], jti: '1', 'urn:zitadel:iam:org:project:7:roles': {} }) }))), token: 'opaque', flags: ['--project-id', '8'] }),

  token_empty: withToken(' '),
  token_placeholder: withToken('undefined'),
  token_with_scheme: withToken('Bearer abc'),
  token_quoted: withToken('"abc"'),
  token_line_breaks: withToken('abc\ndef'),
  token_is_json: withToken('{"access_token":"abc"}'),
  token_malformed: withToken('a§b'),
  token_too_long: withToken('x'.repeat(17_000)),
  id_token: withClaims(() => ({ at_hash: 'x' })),
  refresh_token: withClaims(() => ({ jti: 'V2_1-rt_2' })),
  logout_token: withClaims(() => ({ jti: '1', events: {} })),
  client_assertion: withClaims((issuer) => ({ iss: '1', sub: '1', aud: issuer })),
  token_of_other_issuer: withClaims(() => ({ iss: 'https://other.example' })),
  token_expired: withClaims(() => ({ exp: inSeconds(-60) })),
  token_not_yet_valid: withClaims(() => ({ nbf: inSeconds(3600) })),
  token_without_audience: withClaims(() => ({ aud: ['1'] }), ['--project-id', '2']),
  token_revoked: async (_t, standIn) => {
    const token = await standIn.issueToken({ format: 'jwt' })
    standIn.revoke(token)
    return { token }
  },
  token_signature: withClaims(() => ({ aud: ['2'] }), ['--project-id', '2']),
  token_inactive: withToken('unknown'),
  token_unknown: async (t) => {
    let count = 0
    return { ...at(await playZitadel(t, () => ++count === 1 ? { body: '{"active":false}' } : { status: 500 })), token: 'opaque' }
  },
  roles_absent: async (_t, standIn) => ({ token: await standIn.issueToken({}) })
}

/** The lines for the causes, where the doctor writes them itself: the id and the message. All other messages of the options are those of the plugin. */
const LINES: Partial<Record<keyof typeof CASES, readonly [id: string, message: string | RegExp]>> = {
  key_expired: ['options', 'The key has expired'],
  key_expires_soon: ['options', /^The key expires on \d{4}-\d\d-\d\d$/],
  too_slow: ['connection', /^no answer from ZITADEL within 50 ms: it was asked at http:\/\/127\.0\.0\.1:\d+$/],
  plain_http: ['connection', 'Tokens and credentials go to ZITADEL over plain http'],
  clock_ahead: ['clock', /^This machine's clock is \d+ s ahead of ZITADEL's$/],
  clock_behind: ['clock', /^This machine's clock is \d+ s behind ZITADEL's$/],
  discovery_missing: ['discovery', 'ZITADEL answers discovery with status 404'],
  not_zitadel: ['discovery', 'A web page answers in place of the discovery document'],
  discovery_malformed: ['discovery', 'The discovery document is no JSON object with an issuer'],
  issuer_other: ['issuer', 'ZITADEL names another issuer than the option "issuer": https://auth.acme.example'],
  key_refused: ['credentials', /^ZITADEL does not accept this API: ZITADEL rejects this API's credentials \(400/],
  introspection_failed: ['credentials', 'ZITADEL answered 500'],
  other_project: ['project', 'The roles that ZITADEL lists are those of another project than --project-id'],
  token_empty: ['token_form', 'There is no token'],
  token_placeholder: ['token_form', 'This is the text of a missing value, and no token'],
  token_with_scheme: ['token_form', 'The word "Bearer" stands before the token'],
  token_quoted: ['token_form', 'The token is in quotation marks'],
  token_line_breaks: ['token_form', 'The token has line breaks'],
  token_is_json: ['token_form', 'This is JSON, and no token'],
  token_malformed: ['token_form', 'The token contains characters that no bearer token has'],
  token_too_long: ['token_form', 'The token has 17000 characters. More than 16384 are not accepted, and by default, Node.js rejects a request whose headers are larger than that'],
  id_token: ['token_form', 'This is an ID token, not an access token'],
  refresh_token: ['token_form', 'This is a refresh token, not an access token'],
  logout_token: ['token_form', 'This is a logout token, not an access token'],
  client_assertion: ['token_form', 'This is the assertion of a client, not an access token'],
  token_of_other_issuer: ['token_issuer', 'The token is a JWT of another issuer than the option "issuer"'],
  token_revoked: ['introspection', /^The token is not accepted: it is for this API and has not expired, and ZITADEL says that it is not active\. /],
  token_signature: ['introspection', 'The token is not accepted: its signature is by no key of this issuer'],
  token_inactive: ['introspection', /^The token is not accepted: ZITADEL says that it is not active: unknown, revoked/],
  token_unknown: ['introspection', 'ZITADEL gave no answer about the token: ZITADEL answered 500'],
  roles_absent: ['roles', 'The token has no role in this project']
}

for (const [cause, setup] of Object.entries(CASES)) {
  t.test(`the doctor finds the cause ${cause}`, async (t) => {
    const { env = standIn.env, token, flags = [] } = await setup(t, standIn)
    const { status, output } = await runCommand(['doctor', '--json', '--timeout', '2000', ...flags, ...token === undefined ? [] : ['--token-file', '-']], { env, text: token ?? '' })
    const { checks } = JSON.parse(output) as { checks: Diagnosis[] }
    const [cure, see] = CAUSES[cause as Cause]
    const line = checks.find((check) => check.cause === cause)
    t.match(line, { status: /warning|failed/, cure, see }, cause)
    const [id, message] = LINES[cause as keyof typeof CASES] ?? []
    if (id !== undefined) t.equal(line!.id, id)
    if (message !== undefined) t[typeof message === 'string' ? 'equal' : 'match'](line!.message, message)
    t.equal(checks.some((check) => check.cause === 'plain_http'), cause === 'plain_http')
    t.ok(checks.every((check) => check.id !== undefined))
    t.equal(status, checks.some((check) => check.status === 'failed') ? 1 : 2)
  })
}

/** Causes that need an authority which this process trusts, or a network. The errors are those of a real connection where one can be made. */
const ERRORS = {
  host_unreachable: async () => Object.assign(new Error('unreachable'), { code: 'ENETUNREACH' }),
  certificate_expired: async (t: Test) => await connectTo(t, 'expired'),
  certificate_of_other_name: async (t: Test) => await connectTo(t, 'other-name')
} satisfies Partial<Record<Cause, (t: Test) => Promise<unknown>>>

async function connectTo (t: Test, name: string): Promise<unknown> {
  const port = await listenRaw(t, createTlsServer({ key: certificate(name), cert: certificate(name) }))
  const pool = new Pool(`https://127.0.0.1:${port}`, { connect: { ca: certificate('authority') } })
  t.teardown(async () => await pool.destroy())
  return await pool.request({ path: '/', method: 'GET' }).then(() => t.fail('it connects'), (error) => error)
}

for (const [cause, create] of Object.entries(ERRORS)) {
  t.test(`the doctor finds the cause ${cause}`, async (t) => {
    t.match(await diagnoseConnection(await create(t), { url: 'https://127.0.0.1' }, 1000), { id: 'connection', cause, status: 'failed' })
  })
}

t.test('a server at an https URL is not tried again with https', async (t) => {
  let connections = 0
  const port = await listenRaw(t, createPlainServer((socket) => { connections++; socket.destroy() }))
  const call = { url: `https://127.0.0.1:${port}` }
  t.match(await diagnoseConnection(Object.assign(new Error('closed'), { code: 'UND_ERR_SOCKET' }), call, 1000), { cause: 'connection_broken' })
  t.equal(connections, 0)
})

/** Causes with a test elsewhere. */
const LATER = { proxy_malformed: 'proxy.test.ts', proxy_unused: 'proxy.test.ts', proxy_rejects: 'proxy.test.ts', proxy_unreachable: 'proxy.test.ts', route_unknown: 'access.test.ts', route_unguarded: 'access.test.ts', other_copy: '../testing/expect-guarded.test.ts', refused_by_app: 'access.test.ts', app_failed: 'access.test.ts', not_decided: 'access.test.ts', docs_page_guarded: 'access.test.ts' }

t.test('each cause has a test', async (t) => {
  const tested = [...Object.keys(CASES), ...Object.keys(ERRORS), ...Object.keys(LATER)]
  t.same(tested.sort(), Object.keys(CAUSES).sort())
  t.ok(tested.length >= 25, `${tested.length} causes`)
})

t.test('each cause has a cure, and a section of the documents that exists', async (t) => {
  const { findAnchors } = await import(pathToFileURL(resolve('test/docs/markdown.js')).href) as { findAnchors: (text: string) => Set<string> }
  for (const [cause, [cure, see]] of Object.entries({ ...CAUSES, ...MCP_CAUSES })) {
    t.not(cure, '', cause)
    const [file, anchor] = see.split('#')
    const text = readFileSync(file!, 'utf8')
    if (anchor !== undefined) t.ok(findAnchors(text).has(anchor), `${cause}: ${see}`)
  }
})
