import t, { type Test } from 'tap'
import type { ZitadelOptions } from '../../lib/index.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { machineToken, personToken, revoke } from '../fixtures/oauth-client.ts'
import { ACCOUNT, MACHINE, PAGE, SECRET_API, applicationKey, startOidcProvider, foreignApplicationKey, type OidcProvider } from '../fixtures/oidc-provider.ts'
import { serve, type Served } from '../fixtures/served-app.ts'

async function setUp (t: Test, more: ZitadelOptions = {}): Promise<{ server: OidcProvider, served: Served }> {
  const server = await startOidcProvider()
  t.teardown(async () => await server.stop())
  const served = await serve(t, { issuer: server.issuer, credentials: { key: applicationKey('pkcs1') }, ...more }, { clock: new ManualClock() })
  return { server, served }
}

const pkcs8 = applicationKey('pkcs8')
const forms: Record<string, ZitadelOptions['credentials']> = {
  'a PKCS#1 key': { key: applicationKey('pkcs1') },
  'a PKCS#8 key': { key: pkcs8 },
  'the JSON of a key': { key: JSON.stringify(pkcs8) },
  'the JSON of a key in base64': { key: Buffer.from(JSON.stringify(pkcs8)).toString('base64') },
  'id and secret, with characters that must be encoded (RFC 6749 section 2.3.1)': SECRET_API
}

for (const [form, credentials] of Object.entries(forms)) {
  t.test(`the API authenticates by ${form}`, async (t) => {
    const { server, served } = await setUp(t, { credentials })
    t.equal((await served.get('/me', await machineToken(server))).status, 200)
    t.strictSame(server.introspections(), [200])
  })
}

t.test('a token of a machine is accepted (client credentials grant, RFC 6749 section 4.4)', async (t) => {
  const { server, served: { app, get } } = await setUp(t)
  const token = await machineToken(server, 'openid email')
  t.match((await get('/me', token)).body, { sub: '', clientId: MACHINE.clientId, scopes: ['openid', 'email'], iss: server.issuer })
  t.equal((await get('/mail', token)).status, 200)
  await revoke(server, token, MACHINE)
  await app.zitadel.forget({ token })
  t.equal((await get('/me', token)).status, 401)
})

t.test('a token of a person is accepted (authorization code grant with PKCE, RFC 7636)', async (t) => {
  const { server, served: { app, get } } = await setUp(t)
  const token = await personToken(server)
  t.match((await get('/me', token)).body, { sub: ACCOUNT, clientId: PAGE, scopes: ['openid', 'profile', 'email'] })
  await revoke(server, token, PAGE)
  await app.zitadel.forget({ sub: ACCOUNT })
  t.equal((await get('/me', token)).status, 401)
})

t.test("customScopes: 'scope' looks for a custom scope in the token's scope", async (t) => {
  const { server, served: { get } } = await setUp(t, { customScopes: 'scope' })
  t.equal((await get('/orders', await machineToken(server, 'openid orders:read'))).status, 200)
  const { status, headers } = await get('/orders', await machineToken(server, 'openid'))
  t.equal(status, 403)
  t.equal(headers['www-authenticate'], 'Bearer error="insufficient_scope", scope="orders:read"')
})

t.test("by default, a custom scope in the token's scope grants nothing", async (t) => {
  const { server, served: { get } } = await setUp(t)
  const { status, body } = await get('/orders', await machineToken(server, 'openid orders:read'))
  t.equal(status, 403)
  t.equal(body['code'], 'FST_ZITADEL_INSUFFICIENT_ROLE')
})

t.test('"clients" lets in only the listed clients', async (t) => {
  const { server, served: { get } } = await setUp(t, { clients: [PAGE] })
  t.equal((await get('/me', await personToken(server))).status, 200)
  t.equal((await get('/me', await machineToken(server))).body['code'], 'FST_ZITADEL_INVALID_TOKEN')
})

t.test('if the server refuses replayed assertions, each request has its own (RFC 7523 section 3)', async (t) => {
  const { server, served: { get } } = await setUp(t)
  for (let i = 0; i < 5; i++) t.equal((await get('/me', await machineToken(server))).status, 200)
  t.strictSame(server.introspections(), [200, 401, 200, 200, 200, 200], 'after one refusal, each request has its own assertion')
})

t.test('many simultaneous new tokens are accepted before the first replay is rejected', async (t) => {
  const { server, served: { errors, get } } = await setUp(t)
  const tokens = await Promise.all(Array.from({ length: 20 }, async () => await machineToken(server)))
  const answers = await Promise.all(tokens.map(async (token) => await get('/me', token)))
  t.strictSame(answers.map(({ status }) => status), tokens.map(() => 200))
  t.strictSame(errors, [])
})

t.test('a wrong key is rejected twice, with two assertions, and then no request is sent for some seconds', async (t) => {
  const { server, served: { get, errors } } = await setUp(t, { credentials: { key: foreignApplicationKey() } })
  const { status, body } = await get('/me', await machineToken(server))
  t.equal(status, 500)
  t.equal(body['code'], 'FST_ZITADEL_CLIENT_REJECTED')
  t.match(errors[0], '401 invalid_client')
  t.equal((await get('/me', await machineToken(server))).status, 500)
  t.strictSame(server.introspections(), [401, 401])
})

t.test('a token that the server rejects does not affect other tokens', async (t) => {
  const { server, served: { get } } = await setUp(t)
  const jwt = [{ alg: 'RS256' }, {}, {}].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  t.equal((await get('/me', jwt)).status, 500)
  t.equal((await get('/me', await machineToken(server))).status, 200)
})

t.test('requests are served again after the server was stopped and started', async (t) => {
  const { server, served: { get } } = await setUp(t)
  const [first, second] = [await machineToken(server), await machineToken(server)]
  t.equal((await get('/me', first)).status, 200)
  await server.stop()
  t.equal((await get('/me', second)).status, 503)
  await server.start()
  t.equal((await get('/me', second)).status, 200)
})
