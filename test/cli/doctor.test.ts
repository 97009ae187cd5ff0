import t from 'tap'
import { createServer, type Server } from 'node:http'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { startStandIn, type StandIn } from '../../lib/testing/index.ts'
import type { TestContext } from '../fixtures/guarded-app.ts'
import { runCommand, type Outcome } from '../fixtures/terminal.ts'

async function start (t: TestContext, options: object = {}): Promise<StandIn> {
  const standIn = await startStandIn(options)
  t.teardown(async () => await standIn.close())
  return standIn
}

interface Report { readonly ok: boolean, readonly checks: ReadonlyArray<{ id: string, status: string, message: string, cure: string }> }

async function examine (env: Record<string, string>, token?: string, flags: string[] = []): Promise<Report & { status: number }> {
  const args = ['doctor', '--json', ...flags, ...token === undefined ? [] : ['--token-file', '-']]
  const { status, output }: Outcome = await runCommand(args, { env, text: `${token ?? ''}\n` })
  if (token !== undefined && token.length > 8) t.notMatch(output, token, 'the token is not in the output')
  return { status, ...JSON.parse(output) as Report }
}

const find = ({ checks }: Report, id: string): Report['checks'][number] | undefined => checks.find((check) => check.id === id)

t.test('all is well: each line is ok', async (t) => {
  const standIn = await start(t)
  const token = await standIn.issueToken({ roles: ['reader', 'admin'] })
  const { status, output } = await runCommand(['doctor', '--token-file', '-'], { env: standIn.env, text: token })
  t.equal(status, 0, output)
  t.same(output.split('\n').map((line) => line.slice(0, 7).trim()), ['ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'ok', ''])
  t.match(output, 'Roles: admin, reader')
  t.equal((await examine(standIn.env)).ok, true, 'a token is not necessary')
})

t.test('the token can come from a file, and the credentials from flags', async (t) => {
  const standIn = await start(t)
  const directory = t.testdir({ token: `${await standIn.issueToken({ roles: ['reader'] })}\n`, 'key.json': JSON.stringify(standIn.api.key) })
  const report = await examine({ ZITADEL_KEY: 'other' }, undefined, ['--issuer', standIn.issuer, '--key-file', `${directory}/key.json`, '--token-file', `${directory}/token`])
  t.equal(report.status, 0)
  t.match(find(report, 'roles'), { message: 'Roles: reader' })
})

t.test('options: what is missing, wrong or cannot be read', async (t) => {
  const standIn = await start(t)
  const directory = t.testdir({ 'service-account.json': JSON.stringify({ ...standIn.api.key, type: 'serviceaccount', userId: '1' }), 'text.json': 'no key' })
  for (const [env, pattern] of [
    [{}, /issuer/],
    [{ ZITADEL_ISSUER: `${standIn.issuer}/ui/console` }, /issuer/i],
    [{ ZITADEL_ISSUER: standIn.issuer }, /credentials/],
    [{ ZITADEL_ISSUER: standIn.issuer, ZITADEL_KEY_FILE: `${directory}/none.json` }, /ENOENT/],
    [{ ZITADEL_ISSUER: standIn.issuer, ZITADEL_KEY_FILE: `${directory}/text.json` }, /ZITADEL_KEY_FILE/],
    [{ ZITADEL_ISSUER: standIn.issuer, ZITADEL_KEY_FILE: `${directory}/service-account.json` }, /service account/i],
    [{ ...standIn.env, ZITADEL_CLIENT_ID: '1', ZITADEL_CLIENT_SECRET: 'x' }, /only one/]
  ] as const) {
    const report = await examine(env as Record<string, string>)
    t.equal(report.status, 1)
    t.match(report.checks, [{ id: 'options', status: 'failed', message: pattern }])
  }
  const report = await examine({ ZITADEL_ISSUER: standIn.issuer, ZITADEL_CLIENT_SECRET: 'secret' }, undefined, ['--client-id', '1'])
  t.equal(find(report, 'options')?.status, 'ok')
  t.match(find(report, 'credentials'), { status: 'failed' }, 'an unknown client')
})

t.test('the way to ZITADEL: nobody listens, plain http is expected, no answer in time', async (t) => {
  const standIn = await start(t)
  const { port } = new URL(standIn.issuer)
  await standIn.close()
  t.match(find(await examine({ ...standIn.env }), 'connection'), { status: 'failed', message: /ECONNREFUSED/ })
  const other = await start(t)
  t.match(find(await examine({ ...other.env, ZITADEL_ISSUER: other.issuer.replace('http:', 'https:') }), 'connection'), { status: 'failed' })
  t.ok(port)
  other.fail('hang')
  const slow = await examine(other.env)
  t.match(find(slow, 'connection'), { status: 'failed', message: /within 3000 ms/ })
})

/** A server that answers discovery as it is told. */
async function startServer (t: TestContext, respond: (server: Server) => { status?: number, body: string, date?: string }): Promise<string> {
  const server = createServer((_request, response) => {
    const { status = 200, body, date } = respond(server)
    response.sendDate = date !== ''
    if (date) response.setHeader('date', date)
    response.writeHead(status).end(body)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

t.test('discovery: another status, no document, another issuer', async (t) => {
  const { env } = await start(t)
  for (const [body, status, id, message] of [
    ['', 404, 'discovery', /status 404/],
    ['<html>', 200, 'discovery', /no JSON object/],
    ['null', 200, 'discovery', /no JSON object/],
    ['{"issuer":5}', 200, 'discovery', /no JSON object/],
    ['{"issuer":"https://auth.acme.example:443\\u001b[31m"}', 200, 'issuer', /another issuer.*https:\/\/auth\.acme\.example:443\?/]
  ] as const) {
    const issuer = await startServer(t, () => ({ body, status }))
    const report = await examine({ ...env, ZITADEL_ISSUER: issuer })
    t.match(find(report, id), { status: 'failed', message })
    t.equal(report.status, 1)
  }
})

t.test('the clock: a difference of two seconds or more is a warning', async (t) => {
  const { env } = await start(t)
  for (const [seconds, status, message] of [[0, 'ok', /agree/], [-60, 'warning', /ahead/], [60, 'warning', /behind/]] as const) {
    const issuer: string = await startServer(t, () => ({ body: '{}', date: new Date(Date.now() + seconds * 1000).toUTCString() }))
    t.match(find(await examine({ ...env, ZITADEL_ISSUER: issuer }), 'clock'), { status, message })
  }
})

t.test('the clock: without a Date header, nothing is known', async (t) => {
  const { env } = await start(t)
  const issuer: string = await startServer(t, () => ({ body: '{}', date: '' }))
  t.match(find(await examine({ ...env, ZITADEL_ISSUER: issuer }), 'clock'), { status: 'ok' })
})

t.test('only warnings: the exit status is 2', async (t) => {
  const standIn = await start(t)
  const report = await examine(standIn.env, await standIn.issueToken({}))
  t.equal(report.status, 2)
  t.match(find(report, 'roles'), { status: 'warning', cure: /Role Assignment/ })
})

t.test('credentials that ZITADEL does not accept', async (t) => {
  const standIn = await start(t)
  const key = generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs1', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } }).privateKey
  const { status, output } = await runCommand(['doctor'], { env: { ...standIn.env, ZITADEL_KEY: JSON.stringify({ ...standIn.api.key, key }) } })
  t.match(output, /^failed {3}ZITADEL does not accept this API: .+\n {9}See docs/m)
  t.equal(status, 1)
})

const jwt = (claims: object): string => ['{"alg":"RS256"}', JSON.stringify(claims), 'signature'].map((part) => Buffer.from(part).toString('base64url')).join('.')

t.test('a token: its form, and why it lets nobody in', async (t) => {
  const standIn = await start(t)
  const { issuer: iss } = standIn
  const exp = Math.floor(Date.now() / 1000) + 60
  const opaque = await standIn.issueToken({})
  for (const [token, id, message] of [
    [`Bearer ${opaque}`, 'token_form', /no bearer token/],
    ['unknown', 'introspection', /not active/],
    [jwt({ iss, exp, at_hash: 'x' }), 'token_form', /ID token/],
    [jwt({ iss, exp, nonce: 'x' }), 'token_form', /ID token/],
    [jwt({ iss: 'https://other.example', exp }), 'token_issuer', /another issuer/],
    [jwt({ iss, exp: exp - 120 }), 'token_expiry', /expired 6\d s ago/],
    ['a.b.c', 'introspection', /not active/],
    [`${jwt({})}.d`, 'introspection', /not active/],
    [['e30', Buffer.from('5').toString('base64url'), 'x'].join('.'), 'introspection', /not active/]
  ] as const) {
    const report = await examine(standIn.env, token)
    t.match(find(report, id), { status: 'failed', message }, `${id}: ${String(message)}`)
    t.equal(report.status, 1)
  }
  const audience = await examine(standIn.env, jwt({ iss, exp, aud: ['1'] }), ['--project-id', '2'])
  t.match(find(audience, 'token_audience'), { status: 'failed', cure: /project:id:2:aud/ })
  t.match(find(await examine(standIn.env, jwt({ iss, exp, aud: '2' }), ['--project-id', '2']), 'token_form'), { status: 'ok' })
  t.match(find(await examine(standIn.env, jwt({ iss })), 'token_form'), { status: 'ok' })
  const revoked = await standIn.issueToken({ roles: ['reader'] })
  standIn.revoke(revoked)
  t.match(find(await examine(standIn.env, revoked), 'introspection'), { status: 'failed', cure: /its-401/ })
  t.match(find(await examine(standIn.env, await standIn.issueToken({}), ['--project-id', '2']), 'introspection'), { status: 'failed', message: /projectId/ })
})

t.test('an outage while the token is introspected', async (t) => {
  const standIn = await start(t)
  const env = standIn.env
  let introspections = 0
  const issuer: string = await startServer(t, (server) => {
    introspections++
    // Discovery, and the check of the credentials; then the server fails.
    if (introspections === 1) return { body: JSON.stringify({ issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }) }
    return introspections === 2 ? { body: '{"active":false}' } : { body: '', status: 500 }
  })
  const report = await examine({ ...env, ZITADEL_ISSUER: issuer }, 'unknown')
  t.match(find(report, 'introspection'), { status: 'failed', message: /gave no answer/ })
})
