import t from 'tap'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { CAUSES } from '../../lib/cli/checks/causes.ts'
import type { Diagnosis } from '../../lib/cli/diagnosis.ts'
import { formatDiagnoses } from '../../lib/cli/doctor-output.ts'
import { resolveDocument } from '../../lib/cli/document-path.ts'
import { startStandIn, type StandIn } from '../../lib/testing/index.ts'
import type { TestContext } from '../fixtures/guarded-app.ts'
import { runCommand } from '../fixtures/terminal.ts'
import { playServer, playZitadel } from '../fixtures/zitadel-server.ts'

async function start (t: TestContext, options: object = {}): Promise<StandIn> {
  const standIn = await startStandIn(options)
  t.teardown(async () => await standIn.close())
  return standIn
}

interface Report { readonly ok: boolean, readonly checks: readonly Diagnosis[] }

async function examine (env: Record<string, string>, token?: string, flags: string[] = []): Promise<Report & { status: number }> {
  const args = ['doctor', '--json', ...flags, ...token === undefined ? [] : ['--token-file', '-']]
  const { status, output } = await runCommand(args, { env, text: `${token ?? ''}\n` })
  return { status, ...JSON.parse(output) as Report }
}

const find = ({ checks }: Report, id: string): Diagnosis | undefined => checks.find((check) => check.id === id)

t.test('without a fault, each check is ok', async (t) => {
  const standIn = await start(t)
  const token = await standIn.issueToken({ roles: ['reader', 'admin'] })
  const { status, output } = await runCommand(['doctor', '--token-file', '-'], { env: standIn.env, text: token })
  t.equal(status, 0, output)
  t.same(output.split('\n'), [
    'ok       The options are complete, and the credentials can be read',
    'ok       ZITADEL answers, and its issuer is the option "issuer"',
    'ok       The clocks agree',
    'ok       ZITADEL accepts the credentials',
    'ok       The token is opaque (encrypted)',
    'ok       The token is active for this API',
    'ok       Roles: admin, reader',
    ''
  ])
  const report = await examine(standIn.env)
  t.equal(report.ok, true, 'a token is not necessary')
  t.same(report.checks.map(({ id }) => id), ['options', 'discovery', 'clock', 'credentials'])
})

t.test('the roles of a token are sorted, and its jti decides whether it is a personal access token', async (t) => {
  const { env } = await start(t)
  const response = { active: true, sub: '1', aud: ['8'], 'urn:zitadel:iam:org:project:roles': { reader: { 7: 'a.example' }, admin: { 7: 'a.example' } }, 'x:urn:zitadel:iam:org:project:9:roles': {}, 'urn:zitadel:iam:org:project:9:roles:x': {} }
  let jti = ''
  const issuer = await playZitadel(t, () => ({ body: JSON.stringify({ ...response, jti }) }))
  for (const [id, message] of [['V2_12', 'The token is active for this API'], ['12x', 'The token is active for this API'], ['12', 'The token is active for this API. It is a personal access token']] as const) {
    jti = id
    const report = await examine({ ...env, ZITADEL_ISSUER: issuer }, 'opaque')
    t.equal(find(report, 'introspection')?.message, message)
    t.equal(find(report, 'roles')?.message, 'Roles: admin, reader')
  }
  t.same((await examine({ ...env, ZITADEL_ISSUER: issuer }, 'opaque', ['--project-id', '8'])).checks.slice(-2).map(({ id }) => id), ['introspection', 'roles'], 'the response names no project')
})

t.test('the token can come from a file, and the credentials from flags', async (t) => {
  const standIn = await start(t)
  const directory = t.testdir({ token: `${await standIn.issueToken({ roles: ['reader'] })}\n`, 'key.json': JSON.stringify({ ...standIn.api.key, expirationDate: '9999-12-31T23:59:59Z' }) })
  const report = await examine({ ZITADEL_KEY: 'other' }, undefined, ['--issuer', standIn.issuer, '--key-file', `${directory}/key.json`, '--token-file', `${directory}/token`])
  t.equal(report.status, 0)
  t.match(find(report, 'roles'), { message: 'Roles: reader' })
  const expired = t.testdir({ 'key.json': JSON.stringify({ ...standIn.api.key, expirationDate: '2020-01-01T00:00:00Z' }) })
  t.match(find(await examine({}, undefined, ['--issuer', standIn.issuer, '--key-file', `${expired}/key.json`]), 'options'), { cause: 'key_expired' })
  const text = `\uFEFF${JSON.stringify(standIn.api.key)}`
  const marked = t.testdir({ 'key.json': text })
  for (const [env, flags] of [[{}, ['--key-file', `${marked}/key.json`]], [{ ZITADEL_KEY: Buffer.from(text).toString('base64') }, []]] as const) {
    t.equal(find(await examine(env, undefined, ['--issuer', standIn.issuer, ...flags]), 'options')?.status, 'ok', 'with a byte order mark, as in the plugin')
  }
  const secret = await examine({ ZITADEL_ISSUER: standIn.issuer, ZITADEL_CLIENT_SECRET: 'secret' }, undefined, ['--client-id', '1'])
  t.equal(find(secret, 'options')?.status, 'ok')
})

t.test('a message names the flag that was given, and else the variable or the option', async (t) => {
  const key = { ZITADEL_ISSUER: 'https://auth.acme.example', ZITADEL_KEY_FILE: '/none' }
  for (const [env, flags, message, cause] of [
    [key, [], /^the variable "ZITADEL_KEY_FILE" must name/, 'key_file_missing'],
    [key, ['--key-file', '/none/too'], /^--key-file must name/, 'key_file_missing'],
    [key, ['--issuer', '127.0.0.1:8093'], /^--issuer must be .+ \(add http:\/\/\)$/, 'issuer_malformed'],
    [{ ...key, ZITADEL_ISSUER: 'auth.acme.example' }, [], /^the variable "ZITADEL_ISSUER" must be .+ \(add https:\/\/\)$/, 'issuer_malformed'],
    [key, ['--address', 'x'], /^--address must be/, 'option_wrong'],
    [key, ['--project-id', ' '], /^--project-id must be/, 'option_wrong'],
    [{ ZITADEL_ISSUER: key.ZITADEL_ISSUER }, ['--client-id', '1'], /^--client-id and the variable "ZITADEL_CLIENT_SECRET" must be set together/, 'credentials_incomplete'],
    [{ ZITADEL_ISSUER: key.ZITADEL_ISSUER, ZITADEL_CLIENT_SECRET: 'x' }, ['--client-id', 'a b'], /^--client-id must not contain a space/, 'option_wrong']
  ] as const) t.match(find(await examine(env, undefined, [...flags]), 'options'), { message, cause })
})

t.test('a link leads to the documents of the installed package, from the working directory', async (t) => {
  const folder = resolve('app/node_modules/fastify-zitadel')
  t.equal(resolveDocument('docs/mcp.md#x', folder, resolve('app')), join('node_modules', 'fastify-zitadel', 'docs', 'mcp.md#x'))
  t.equal(resolveDocument('docs/mcp.md#x', folder, folder), join('docs', 'mcp.md#x'))
  t.equal(resolveDocument('docs/mcp.md', folder, resolve('app/server')), join(folder, 'docs', 'mcp.md'), 'absolute if the package is elsewhere')
})

t.test('the cure and the link are below a check, with colours on a terminal', async (t) => {
  const { status, output } = await runCommand(['doctor'], { isColored: true })
  t.equal(status, 1)
  const [first, ...others] = output.split('\n')
  t.match(first, '\u001B[31mfailed \u001B[0m  option "issuer"')
  t.same(others, ['         Set ZITADEL_ISSUER, or give --issuer. If the variable is in a file, give --env-file FILE', '         See docs/set-up-zitadel.md#environment', ''])
  t.equal(formatDiagnoses([{ id: 'a', status: 'ok', message: 'All', cause: '', cure: '', see: '' }], { isColored: false, packageFolder: '' }), 'ok       All\n')
})

t.test('without a connection, credentials are not tried, and the form of a token is checked', async (t) => {
  const standIn = await start(t)
  await standIn.close()
  t.same((await examine(standIn.env, 'Bearer x')).checks.map(({ id, cause }) => [id, cause]), [['options', ''], ['connection', 'nobody_listens'], ['token_form', 'token_with_scheme']])
})

t.test('without accepted credentials, the form of a token is checked', async (t) => {
  const issuer = await playZitadel(t, () => ({ status: 400, body: '{"error":"invalid_client"}' }))
  const { env } = await start(t)
  t.same((await examine({ ...env, ZITADEL_ISSUER: issuer }, 'opaque')).checks.map(({ id, cause }) => [id, cause]), [['options', ''], ['discovery', ''], ['clock', ''], ['credentials', 'key_refused'], ['token_form', '']])
})

t.test('similar responses to discovery have different causes', async (t) => {
  const { env } = await start(t)
  for (const [response, cause] of [
    [{ body: 'null' }, 'discovery_malformed'],
    [{ body: '[]', headers: { 'content-type': 'text/html' } }, 'not_zitadel'],
    [{ status: 400, body: 'Client sent an HTTP request to an HTTPS server.\n' }, 'http_at_https_port'],
    [{ status: 400, body: '<center>The plain HTTP request was sent to HTTPS port</center>' }, 'http_at_https_port'],
    [{ body: '\n <!doctype html>\n' }, 'not_zitadel'],
    [{ status: 204 }, 'discovery_refused'],
    [{ status: 300 }, 'redirected'],
    [{ status: 400 }, 'discovery_refused'],
    [{ status: 407 }, 'proxy_rejects'],
    [{ status: 500 }, 'server_failed'],
    [{ body: '{"issuer":"no url"}' }, 'issuer_other'],
    [{ body: '{"issuer":"http://127.0.0.1/path"}' }, 'issuer_other']
  ] as const) {
    const issuer = await playServer(t, () => response)
    const report = await examine({ ...env, ZITADEL_ISSUER: issuer })
    t.ok(report.checks.some((check) => check.cause === cause), cause)
    t.ok(find(report, 'credentials'), 'the credentials are tried')
  }
  const withMarkup = await playServer(t, (_path, origin) => ({ body: JSON.stringify({ issuer: origin, service_documentation: '<none>' }) }))
  t.match(find(await examine({ ...env, ZITADEL_ISSUER: withMarkup }), 'discovery'), { status: 'ok' })
  const withLongName = await playServer(t, () => ({ body: JSON.stringify({ issuer: `https://${'a'.repeat(300)}` }) }))
  t.match(find(await examine({ ...env, ZITADEL_ISSUER: withLongName }), 'issuer'), { message: /: https:\/\/a{192}$/ })
  const issuer = await playServer(t, () => ({ body: '{"issuer":"https://auth.acme.example\\u001b[31m"}' }))
  t.match(find(await examine({ ...env, ZITADEL_ISSUER: issuer }), 'issuer'), { message: /https:\/\/auth\.acme\.example\?\[31m$/ }, 'what a server writes cannot change the terminal')
})

t.test("ZITADEL's own reason shows that the clock is the cause", async (t) => {
  const { env } = await start(t)
  for (const parent of ['issuedAt of token is in the future', 'expiration of token']) {
    const issuer = await playZitadel(t, () => ({ status: 400, body: JSON.stringify({ error: 'invalid_client', parent }) }))
    t.match(find(await examine({ ...env, ZITADEL_ISSUER: issuer }), 'credentials'), { cause: 'clock_refused', message: parent })
  }
})

t.test('the doctor closes its connections', async (t) => {
  const { env } = await start(t)
  const sockets = new Set<Socket>()
  const issuer: string = await playServer(t, (path, origin, { socket }) => {
    sockets.add(socket)
    return { body: path === '/oauth/v2/introspect' ? '{"active":false}' : JSON.stringify({ issuer: origin }) }
  })
  await examine({ ...env, ZITADEL_ISSUER: issuer })
  t.ok(sockets.size > 0)
  // Less than the time after which an idle connection is closed anyway.
  for (const socket of sockets) if (!socket.destroyed) await once(socket, 'close', { signal: AbortSignal.timeout(2000) })
})

t.test('without a Date header, no clock difference is reported', async (t) => {
  const { env } = await start(t)
  const issuer = await playServer(t, () => ({ body: '{}', headers: { date: '' } }))
  t.match(find(await examine({ ...env, ZITADEL_ISSUER: issuer }), 'clock'), { status: 'ok' })
})

const jwt = (claims: object): string => ['{"alg":"RS256"}', JSON.stringify(claims), 'signature'].map((part) => Buffer.from(part).toString('base64url')).join('.')

t.test('similar forms of tokens have different causes', async (t) => {
  const standIn = await start(t)
  const { issuer: iss, api } = standIn
  // Creates the keys, which takes longer than the deadline of a request on a slow machine.
  t.equal((await fetch(`${iss}/oauth/v2/keys`)).status, 200)
  t.equal((await examine(standIn.env, 'Bearer x')).checks.at(-1)?.id, 'token_form', 'ZITADEL is not asked about it')
  const ofOtherProject = await standIn.issueToken({ format: 'jwt', audience: ['9'] })
  const ofProject = await standIn.issueToken({ format: 'jwt', audience: ['9', '8'] })
  for (const token of [ofOtherProject, ofProject]) standIn.revoke(token)
  t.equal((await examine(standIn.env, ofOtherProject)).checks.at(-1)?.cause, 'token_inactive')
  t.equal((await examine(standIn.env, ofProject, ['--project-id', '8'])).checks.at(-1)?.cause, 'token_revoked')
  for (const [token, id, cause] of [
    [jwt({ iss, nonce: 'x' }), 'token_form', 'id_token'],
    [jwt({ iss, azp: 'x' }), 'token_form', 'id_token'],
    [jwt({ iss, azp: 'x', jti: '1' }), 'token_form', ''],
    [jwt({ iss, typ: 'Refresh' }), 'token_form', 'refresh_token'],
    [jwt({ iss, aud: api.key.clientId }), 'introspection', 'token_signature'],
    [jwt({ iss: 'https://other.example', aud: api.key.clientId }), 'introspection', 'token_of_other_issuer'],
    ['a.b.c', 'token_form', ''],
    [`${jwt({})}.d`, 'introspection', 'token_inactive'],
    [['e30', Buffer.from('5').toString('base64url'), 'x'].join('.'), 'introspection', 'token_inactive']
  ] as const) {
    const report = await examine(standIn.env, token)
    t.equal(find(report, id)?.cause, cause, JSON.stringify(report.checks))
  }
})

t.test('the signature of a JWT is not reported if the keys cannot be fetched', async (t) => {
  const { env, api } = await start(t)
  for (const keys of [{ status: 500, body: '{"keys":[]}' }, { body: 'none' }, { body: '{"keys":5}' }, undefined]) {
    const issuer: string = await playServer(t, (path, origin, { socket }) => {
      if (path !== '/oauth/v2/keys') return path === '/oauth/v2/introspect' ? { body: '{"active":false}' } : { body: JSON.stringify({ issuer: origin }) }
      if (keys === undefined) socket.destroy()
      return keys ?? {}
    })
    t.equal(find(await examine({ ...env, ZITADEL_ISSUER: issuer }, jwt({ iss: issuer, aud: api.key.clientId })), 'introspection')?.cause, 'token_inactive')
  }
})

t.test('a flag without an effect is a usage error', async (t) => {
  const app = ['--app', 'server.js', 'GET', '/']
  for (const [message, args] of [
    ['--header has no effect without --app', ['--header', 'host:a']],
    ['--issuer has no effect with --app', [...app, '--issuer', 'https://auth.acme.example']],
    ['--mcp has no effect with --app', [...app, '--mcp', 'https://api.acme.example/mcp']],
    ['--timeout has no effect with --app', [...app, '--timeout', '5']],
    ['--key-file has no effect with --mcp', ['--mcp', 'https://api.acme.example/mcp', '--key-file', 'key.json']],
    ['--key-file and --client-id exclude each other', ['--key-file', 'key.json', '--client-id', '1']]
  ] as const) {
    const { status, output, errors } = await runCommand(['doctor', ...args])
    t.same([status, output], [1, ''])
    t.ok(errors.startsWith(`fastify-zitadel doctor: ${message}\n`), errors)
  }
})

t.test('an endless response in place of the discovery document is no document of ZITADEL', async (t) => {
  const standIn = await start(t)
  standIn.fail('endless-body')
  t.match(find(await examine(standIn.env), 'connection'), { cause: 'not_zitadel' })
})

t.test('a revoked token, a personal access token and one that the options deny have causes of their own', async (t) => {
  const standIn = await start(t)
  const revoked = await standIn.issueToken({ roles: ['reader'] })
  standIn.revoke(revoked)
  t.match(find(await examine(standIn.env, revoked), 'introspection'), { cause: 'token_inactive', see: 'docs/its-401.md#token_inactive' })
  t.match(find(await examine(standIn.env, await standIn.issueToken({ kind: 'pat', roles: ['reader'] })), 'introspection'), { message: /personal access token$/ })
  t.match(find(await examine(standIn.env, await standIn.issueToken({}), ['--project-id', '2']), 'introspection'), { cause: 'project_not_in_audience', message: /^The token is not accepted: ./, cure: 'Let the client request the scope urn:zitadel:iam:org:project:id:2:aud, or correct the id of the project', see: 'docs/its-401.md#project_not_in_audience' })
  const issuer = await playZitadel(t, () => ({ body: JSON.stringify({ active: true, exp: Date.now() / 1000 + 60, cnf: { jkt: 'x' } }) }))
  t.match(find(await examine({ ...standIn.env, ZITADEL_ISSUER: issuer }, 'token'), 'introspection'), { cause: 'token_bound', cure: 'See the section of the reason', see: 'docs/its-401.md#token_bound' })
})

t.test('if the form of a token shows why it is not active, introspection gives no other reason', async (t) => {
  const standIn = await start(t)
  const checks = await examine(standIn.env, jwt({ iss: standIn.issuer, exp: 1 }))
  t.match(find(checks, 'token_expiry'), { cause: 'token_expired', cure: 'Let the client refresh it' })
  t.match(find(checks, 'introspection'), { cause: 'token_expired', message: 'The token is not accepted', cure: 'This follows from the failed line above', see: 'docs/its-401.md#token_expired' })
})

t.test('each cause is documented, and each link leads to a section that exists', async (t) => {
  const { findAnchors, ROOT } = await import(pathToFileURL(resolve('test/docs/markdown.js')).href) as { findAnchors: (text: string) => Set<string>, ROOT: string }
  const documented = readFileSync(join(ROOT, 'docs/doctor.md'), 'utf8')
  for (const [cause, [cure, see]] of Object.entries(CAUSES)) {
    const [path, anchor] = see.split('#') as [string, string?]
    t.match(documented, `\`${cause}\``, `${cause} is in docs/doctor.md`)
    t.ok(existsSync(join(ROOT, path)) && (anchor === undefined || findAnchors(readFileSync(join(ROOT, path), 'utf8')).has(anchor)), `${cause}: ${see} exists`)
    t.not(cure, '')
  }
})
