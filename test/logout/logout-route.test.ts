import t, { type Test } from 'tap'
import Fastify from 'fastify'
import swagger from '@fastify/swagger'
import { createHmac, generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { CompactSign, SignJWT, decodeJwt, decodeProtectedHeader, exportSPKI, importJWK, type JWK } from 'jose'
import type { ForgetMessage, LogoutMessage } from '../../lib/channels.ts'
import type { ZitadelOptions } from '../../lib/index.ts'
import type { LogoutTokenOptions } from '../../lib/testing/index.ts'
import { createPlugin } from '../../lib/plugin.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { VALID_OPTIONS } from '../fixtures/registration.ts'
import { collectMessages } from '../fixtures/subscribe.ts'
import { startProxiedApp, type ProxiedTestApp } from '../fixtures/test-app.ts'

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const CLIENT = '280000000000000100'
const SUB = '280000000000000500'

interface LogoutApp extends ProxiedTestApp {
  readonly logouts: LogoutMessage[]
  /** Posts a form, and returns the status. */
  readonly post: (payload: string, contentType?: string) => Promise<number>
  /** Posts a token. */
  readonly send: (token: string) => Promise<number>
  /** Posts a new token. */
  readonly logout: (options?: LogoutTokenOptions) => Promise<number>
  /** How often the keys of the issuer were requested. */
  readonly countKeyRequests: () => number
}

async function startLogoutApp (t: Test, options: ZitadelOptions = {}): Promise<LogoutApp> {
  const logouts = collectMessages<LogoutMessage>(t, 'fastify-zitadel:logout')
  const started = await startProxiedApp(t, { backChannelLogout: { path: '/zitadel/logout', clientId: CLIENT }, ...options })
  const { app, standIn } = started
  const post: LogoutApp['post'] = async (payload, contentType = 'application/x-www-form-urlencoded') => {
    const { statusCode, headers, body } = await app.inject({ method: 'POST', url: '/zitadel/logout', headers: { 'content-type': contentType }, payload })
    t.equal(headers['cache-control'], 'no-store')
    if (statusCode === 200) t.equal(body, '')
    if (statusCode === 400) t.equal(body, '{"error":"invalid_request"}')
    return statusCode
  }
  const send: LogoutApp['send'] = async (token) => await post(new URLSearchParams({ logout_token: token }).toString())
  return { ...started, logouts, post, send, logout: async (given) => await send(await standIn.createLogoutToken(given)), countKeyRequests: () => standIn.requests.filter(({ path }) => path === '/oauth/v2/keys').length }
}

const getReasons = (logouts: LogoutMessage[]): unknown[] => logouts.splice(0).map(({ reason }) => reason)

t.test('a logout makes the verdicts on the user doubtful, and no other', async (t) => {
  const { standIn, ask, logout, logouts, introspectionCount } = await startLogoutApp(t)
  const forgets = collectMessages<ForgetMessage>(t, 'fastify-zitadel:forget')
  const [first, other] = [await standIn.issueToken(), await standIn.issueToken({ sub: '280000000000000599' })]
  for (const token of [first, other]) t.equal(await ask(token), 'active')
  standIn.revoke(first)
  t.equal(await ask(first), 'active', 'within its ttl the token is cached')
  t.equal(await logout(), 200)
  const before = introspectionCount()
  t.equal(await ask(first), 'inactive')
  t.ok(introspectionCount() > before)
  const after = introspectionCount()
  t.equal(await ask(other), 'active')
  t.equal(introspectionCount(), after)
  t.match(logouts, [{ outcome: 'applied', reason: undefined }])
  t.ok(logouts.every(Object.isFrozen))
  t.match(forgets, [{ kind: 'doubt', source: 'logout', target: 'sub', verdicts: 1, sub: undefined }])
})

t.test('a logout without a user is one of a session', async (t) => {
  const { logout } = await startLogoutApp(t)
  const forgets = collectMessages<ForgetMessage>(t, 'fastify-zitadel:forget')
  t.equal(await logout({ claims: { sub: undefined } }), 200)
  t.match(forgets, [{ target: 'session' }])
})

t.test('the token of the stand-in has the form of the recorded one', async (t) => {
  const recorded = JSON.parse(readFileSync('test/logout/recorded/back-channel-logout.json', 'utf8')) as { header: object, claims: Record<string, unknown> }
  const { standIn } = await startLogoutApp(t)
  const token = await standIn.createLogoutToken()
  t.same(Object.keys(decodeProtectedHeader(token)), Object.keys(recorded.header))
  const claims = decodeJwt(token)
  t.same(Object.keys(claims), Object.keys(recorded.claims))
  t.same(claims['events'], recorded.claims['events'])
  await t.rejects(standIn.createLogoutToken({ user: SUB } as never), TypeError)
})

t.test('the types of the specification and of ZITADEL are accepted, and several clients', async (t) => {
  const { logout } = await startLogoutApp(t, { backChannelLogout: { path: '/zitadel/logout', clientId: ['other', CLIENT] } })
  for (const typ of [undefined, 'JWT', 'logout+jwt', 'application/logout+jwt']) t.equal(await logout({ header: { typ } }), 200, typ ?? 'no type')
  t.equal(await logout({ claims: { aud: CLIENT } }), 200)
  t.equal(await logout({ clientId: 'other' }), 200)
})

t.test('a token that is no logout token of this issuer for this client is rejected', async (t) => {
  const { logout, logouts, clock, lines } = await startLogoutApp(t)
  const forgets = collectMessages<ForgetMessage>(t, 'fastify-zitadel:forget')
  const now = clock.seconds
  const forms: Array<[expected: string, options: LogoutTokenOptions]> = [
    ['issuer', { claims: { iss: 'https://other.example' } }], ['issuer', { claims: { iss: undefined } }],
    ['audience', { clientId: 'other' }], ['audience', { claims: { aud: [] } }], ['audience', { claims: { aud: undefined } }],
    ['time', { claims: { exp: now - 61 } }], ['time', { claims: { exp: undefined } }], ['time', { claims: { exp: 'soon' } }],
    ['time', { claims: { iat: now - 961 } }], ['time', { claims: { iat: now + 61 } }], ['time', { claims: { iat: undefined } }], ['time', { claims: { iat: '1' } }],
    ['time', { claims: { nbf: now + 61 } }],
    ['claims', { claims: { events: undefined } }], ['claims', { claims: { events: {} } }], ['claims', { claims: { events: [EVENT] } }], ['claims', { claims: { events: EVENT } }],
    ['claims', { claims: { events: null } }], ['claims', { claims: { events: { [EVENT]: null } } }], ['claims', { claims: { events: { [EVENT]: true } } }], ['claims', { claims: { events: { [EVENT]: [] } } }],
    ['claims', { claims: { nonce: 'n' } }], ['claims', { claims: { nonce: null } }],
    ['claims', { claims: { jti: undefined } }], ['claims', { claims: { jti: '' } }], ['claims', { claims: { jti: 5 } }], ['claims', { claims: { jti: 'x'.repeat(201) } }],
    ['claims', { claims: { sub: undefined, sid: undefined } }], ['claims', { claims: { sub: '' } }], ['claims', { claims: { sub: 5 } }], ['claims', { claims: { sub: null } }], ['claims', { claims: { sid: {} } }], ['claims', { claims: { sub: 'x'.repeat(201) } }],
    ['claims', { header: { typ: 'at+jwt' } }], ['claims', { header: { typ: 5 } }], ['claims', { header: { typ: ['x'] } }], ['claims', { header: { typ: 'secevent+jwt' } }],
    ['signature', { header: { kid: 'unknown' } }]
  ]
  for (const [expected, options] of forms) {
    t.equal(await logout(options), 400, JSON.stringify(options))
    t.same(getReasons(logouts), [expected], JSON.stringify(options))
  }
  t.equal(await logout({ claims: { exp: now - 59, iat: now - 959 } }), 200, 'the clocks may differ by a minute')
  t.equal(await logout({ claims: { iat: now + 59 } }), 200)
  t.equal(forgets.length, 2)
  t.same(lines.map(({ msg }) => /rejected: (.*)$/.exec(msg)?.[1]), [
    'it is of another issuer', 'it is for another client: check the option "backChannelLogout.clientId"',
    'it has expired, or is from the future: check the clock', 'it is no logout token', 'its signature is not by a key of the issuer'
  ], 'one line for each reason')
  t.ok(lines.every(({ code, msg }) => code === 'FST_ZITADEL_LOGOUT' && !msg.includes(SUB)))
})

t.test('a forged signature is rejected', async (t) => {
  const { standIn, send, logouts } = await startLogoutApp(t)
  const token = await standIn.createLogoutToken()
  const { keys } = await (await fetch(`${standIn.address}/oauth/v2/keys`)).json() as { keys: JWK[] }
  const claims = decodeJwt(token)
  const { kid } = decodeProtectedHeader(token)
  const [header, payload, signature] = token.split('.') as [string, string, string]
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const own = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = await exportSPKI(await importJWK(keys[0]!, 'RS256') as Parameters<typeof exportSPKI>[0])
  const hs256 = `${encode({ alg: 'HS256', kid, typ: 'JWT' })}.${payload}`
  const jwk = own.publicKey.export({ format: 'jwk' })
  const forged = {
    'alg none': `${encode({ alg: 'none', kid, typ: 'JWT' })}.${payload}.`,
    'alg none with a signature': `${encode({ alg: 'none', kid, typ: 'JWT' })}.${payload}.${signature}`,
    'HS256 with the public key': `${hs256}.${createHmac('sha256', pem).update(hs256).digest('base64url')}`,
    'another key': await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: kid!, typ: 'JWT' }).sign(own.privateKey),
    'another key, named in the header': await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: kid!, typ: 'JWT', jwk: jwk as JWK }).sign(own.privateKey),
    'no key id': await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', typ: 'JWT' }).sign(own.privateKey),
    'another algorithm': await new SignJWT(claims).setProtectedHeader({ alg: 'RS512', kid: kid!, typ: 'JWT' }).sign(own.privateKey),
    'another payload': `${header}.${encode({ ...claims, sub: 'other' })}.${signature}`,
    'no signature': `${header}.${payload}.`
  }
  for (const [name, one] of Object.entries(forged)) {
    t.equal(await send(one), 400, name)
    t.same(getReasons(logouts), ['signature'], name)
  }
  t.equal(await send(token), 200, 'and the true one is accepted')
})

t.test('what is no token is malformed', async (t) => {
  const { app, post, send, logouts, standIn } = await startLogoutApp(t)
  const token = await standIn.createLogoutToken()
  const payloads = ['', 'a=b', 'logout_token=', 'logout_token=x', 'logout_token=a.b.c', 'logout_token=a.b.c.d.e', `logout_token=${token}&logout_token=${token}`]
  for (const payload of payloads) t.equal(await post(payload), 400, payload)
  t.equal((await app.inject({ method: 'POST', url: '/zitadel/logout' })).statusCode, 400, 'no body')
  t.same(getReasons(logouts), [...payloads, 'no body'].map(() => 'malformed'))
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  t.equal(await send(await new CompactSign(Buffer.from('text')).setProtectedHeader({ alg: 'RS256' }).sign(privateKey)), 400)
  t.equal(await post(JSON.stringify({ logout_token: token }), 'application/json'), 415)
  t.equal(await post(`logout_token=${'x'.repeat(17_000)}`), 413)
})

t.test('a logout token counts once', async (t) => {
  const { standIn, send, logouts } = await startLogoutApp(t)
  const forgets = collectMessages<ForgetMessage>(t, 'fastify-zitadel:forget')
  const token = await standIn.createLogoutToken()
  t.same((await Promise.all([send(token), send(token), send(token)])).sort(), [200, 400, 400])
  t.same(getReasons(logouts), [undefined, 'replay', 'replay'])
  t.equal(forgets.length, 1)
})

t.test('the keys are fetched once, with the headers of the instance, and again for a new key', async (t) => {
  const { logout, standIn, clock, logouts, countKeyRequests } = await startLogoutApp(t, {})
  t.equal(countKeyRequests(), 0, 'not before they are needed')
  t.same(await Promise.all([logout(), logout(), logout()]), [200, 200, 200])
  t.equal(countKeyRequests(), 1)
  t.equal(standIn.requests.find(({ path }) => path === '/oauth/v2/keys')!.headers['x-zitadel-instance-host'], new URL(standIn.issuer).host)
  for (let i = 0; i < 5; i++) t.equal(await logout({ header: { kid: `unknown${i}` } }), 400)
  t.equal(countKeyRequests(), 1, 'tokens of unknown keys cause no requests')
  clock.advance(10)
  for (let i = 0; i < 5; i++) t.equal(await logout({ header: { kid: `unknown${i}` } }), 400)
  t.equal(countKeyRequests(), 2)
  clock.advance(300)
  t.equal(await logout(), 200)
  t.equal(countKeyRequests(), 3, 'keys are used for five minutes')
  t.same(getReasons(logouts).filter((reason) => reason !== undefined && reason !== 'signature'), [])
})

t.test('without keys, no token is accepted, and known keys stay in use during an outage', async (t) => {
  const { logout, standIn, clock, logouts, lines, countKeyRequests } = await startLogoutApp(t)
  standIn.fail({ status: 503 })
  t.equal(await logout(), 400)
  t.equal(await logout(), 400)
  t.equal(countKeyRequests(), 1)
  clock.advance(10)
  standIn.fail({ status: 200, body: 'secret', contentType: 'application/json' })
  t.equal(await logout(), 400)
  clock.advance(10)
  standIn.fail('reset')
  t.equal(await logout(), 400)
  t.same(getReasons(logouts), ['keys', 'keys', 'keys', 'keys'])
  t.match(lines.map(({ msg }) => msg).join('\n'), /could not be fetched: ZITADEL answers the request for its keys with status 503: check ZITADEL/)
  t.match(lines.map(({ msg }) => msg).join('\n'), /could not be fetched: no answer from ZITADEL/)
  t.notMatch(JSON.stringify(lines), /secret/)
  clock.advance(10)
  standIn.fail(null)
  t.equal(await logout(), 200)
  standIn.fail('hang')
  clock.advance(299)
  t.equal(await logout(), 200)
  standIn.fail({ status: 500 })
  clock.advance(60)
  t.equal(await logout(), 200, 'keys that cannot be replaced stay in use')
})

t.test('the routes for webhooks and logout tokens are in no OpenAPI document', async (t) => {
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(swagger)
  await app.register(createPlugin(new ManualClock()), { ...VALID_OPTIONS, backChannelLogout: { path: '/logout', clientId: CLIENT }, events: { path: '/events', signingKey: 'k'.repeat(36) } })
  app.get('/orders', async () => [])
  await app.ready()
  t.same(Object.keys(app.swagger().paths!), ['/orders'])
})
