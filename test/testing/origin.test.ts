import { createLocalJWKSet, jwtVerify } from 'jose'
import { request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { startStandIn, type StandIn } from '../../lib/testing/index.ts'
import { introspectWith, sign } from '../fixtures/stand-in-client.ts'

const issuer = 'https://auth.acme.example'
const standIn = await startStandIn({ issuer, domains: ['zitadel', 'localhost'], trustedDomains: ['login.acme.example'] })
t.teardown(() => standIn.close())

/** Returns the issuer of the discovery document, or the status and text of the error. */
async function origin (headers: Record<string, string>, to: StandIn = standIn): Promise<string> {
  return await new Promise((resolve, reject) => {
    const outgoing = request(to.address + '/.well-known/openid-configuration', { headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => { text += chunk })
      response.on('end', () => resolve(response.statusCode === 200 ? JSON.parse(text).issuer : `${response.statusCode} ${text}`))
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}

t.test('the host comes from the first of these headers that is present', async (t) => {
  const host = 'auth.acme.example'
  t.equal(await origin({ host }), issuer)
  t.equal(await origin({ 'x-zitadel-instance-host': host }), issuer)
  t.equal(await origin({ 'x-forwarded-host': host }), issuer)
  t.equal(await origin({ forwarded: `for=1.2.3.4;Host="${host}", for=5.6.7.8;host=other` }), issuer)
  t.equal(await origin({ 'x-zitadel-forwarded': `host=${host}` }), issuer)
  t.equal(await origin({ 'x-forwarded-for': `host=${host}` }), issuer)
  t.equal(await origin({ 'x-zitadel-instance-host': host, forwarded: 'host=zitadel', 'x-forwarded-host': 'zitadel', host: 'zitadel' }), issuer)
  t.equal(await origin({ forwarded: `host=${host}`, 'x-forwarded-host': 'zitadel', host: 'zitadel' }), issuer)
  t.equal(await origin({ 'x-forwarded-host': host, host: 'zitadel' }), issuer)
})

t.test('the port is part of the origin but not of the instance lookup', async (t) => {
  t.equal(await origin({ host: 'auth.acme.example:443' }), `${issuer}:443`)
  t.match(await origin({ host: 'AUTH.acme.example' }), /^404 unable to set instance using origin &\{AUTH\.acme\.example {2}https\}/, 'the case matters')
  t.equal(await origin({ 'x-forwarded-host': 'other:0', host: 'auth.acme.example' }), issuer, 'a bad port is ignored')
  t.equal(await origin({ 'x-forwarded-host': 'other:99999', host: 'auth.acme.example' }), issuer, 'a bad port is ignored')
  t.equal(await origin({ 'x-forwarded-host': 'other:x', host: 'auth.acme.example' }), issuer)
  t.match(await origin({ host: '[::1]' }), /^404 unable to set instance using origin &\{\[::1\] {2}https\}/)
})

t.test('the protocol is https with externalSecure, else that of the proxy', async (t) => {
  const plain = await startStandIn({ issuer, externalSecure: false })
  t.teardown(() => plain.close())
  const host = 'auth.acme.example'
  t.equal(await origin({ host, 'x-forwarded-proto': 'http' }), issuer, 'ExternalSecure takes precedence')
  t.equal(await origin({ host }, plain), 'http://auth.acme.example')
  t.equal(await origin({ host, 'x-forwarded-proto': 'https' }, plain), issuer)
  t.equal(await origin({ host, forwarded: 'proto=https' }, plain), issuer)
  t.equal(await origin({ host, 'x-zitadel-forwarded': 'proto=https', 'x-forwarded-proto': 'http' }, plain), issuer)
  t.equal(await origin({ host, 'x-forwarded-for': 'proto=https' }, plain), issuer)
  for (const proto of ['HTTPS', 'ftp', 'https,http']) t.equal(await origin({ host, 'x-forwarded-proto': proto }, plain), 'http://auth.acme.example', proto)
})

t.test('a Forwarded header counts as a whole, and a host with a port must be quoted', async (t) => {
  t.equal(await origin({ forwarded: 'for=1.2.3.4, host="auth.acme.example:8443"', host: 'zitadel' }), 'https://auth.acme.example:8443')
  t.equal(await origin({ forwarded: 'host=auth.acme.example:8443', host: 'zitadel' }), 'https://zitadel')
  t.equal(await origin({ 'x-forwarded-for': '1.2.3.4, 5.6.7.8', host: 'zitadel' }), 'https://zitadel')
  t.match(await origin({ 'x-forwarded-host': 'auth.acme.example, zitadel' }), /^404 /, 'a list is no host')
})

t.test('a public host must be a trusted domain', async (t) => {
  const host = 'auth.acme.example'
  t.equal(await origin({ host, 'x-zitadel-public-host': 'login.acme.example:8443' }), 'https://login.acme.example:8443')
  t.equal(await origin({ host, 'x-zitadel-public-host': host }), issuer)
  t.equal(await origin({ host, 'x-zitadel-public-host': `${host}:8443` }), `${issuer}:8443`, 'another port needs no trust')
  t.equal(await origin({ host, 'x-zitadel-public-host': 'evil.example' }),
    '404 unable to set instance using origin &{auth.acme.example evil.example https} (ExternalDomain is auth.acme.example): ' +
    'ID=QUERY-IuGh1 Message=Instance not found. Make sure you got the domain right. Check out https://zitadel.com/docs/apis/introduction#domains ' +
    'Parent=(public domain "evil.example" not trusted)\n')
})

t.test('an unknown host gets 404', async (t) => {
  const response = await fetch(`${standIn.address}/oauth/v2/introspect`, { method: 'POST' })
  t.equal(response.status, 404)
  t.equal(response.headers.get('content-type'), 'text/plain; charset=utf-8')
  t.equal(await response.text(),
    `unable to set instance using origin &{${new URL(standIn.address).host}  https} (ExternalDomain is auth.acme.example): ` +
    'ID=QUERY-1kIjX Message=Instance not found. Make sure you got the domain right. Check out https://zitadel.com/docs/apis/introduction#domains\n')
})

t.test('a request without a host gets 404 (HTTP/1.0)', async (t) => {
  const socket = connect(Number(new URL(standIn.address).port), '127.0.0.1')
  socket.write('GET / HTTP/1.0\r\n\r\n')
  t.match(await text(socket), /^HTTP\/1\.1 404 [^]*unable to set instance using origin &\{ {2}https\}/)
})

t.test('aud, iss and JWT access tokens depend on the origin of the introspection request', async (t) => {
  const opaque = await standIn.issueToken()
  const jwt = await standIn.issueToken({ format: 'jwt' })
  const outside = { 'x-zitadel-instance-host': 'auth.acme.example' }
  const inside = { 'x-zitadel-instance-host': 'zitadel:8080' }
  const internal = await sign(standIn, { claims: { aud: 'https://zitadel:8080' } })

  t.match(await introspectWith(standIn, opaque, await sign(standIn), outside), { json: { active: true, iss: issuer } })
  t.match(await introspectWith(standIn, jwt, await sign(standIn), outside), { json: { active: true, iss: issuer } })
  t.match(await introspectWith(standIn, opaque, await sign(standIn), inside), { status: 400, json: { error: 'unauthorized_client' } })
  t.match(await introspectWith(standIn, opaque, internal, inside), { json: { active: true, iss: 'https://zitadel:8080' } })
  t.match(await introspectWith(standIn, jwt, internal, inside), { text: '{"active":false}\n' })
})

t.test('every endpoint of the discovery document is under the origin of the request', async (t) => {
  const plain = await startStandIn()
  t.teardown(() => plain.close())
  const response = await fetch(`${plain.issuer}/.well-known/openid-configuration`)
  const { issuer, ...document } = await response.json() as Record<string, any>
  t.equal(issuer, plain.issuer)
  t.equal(response.headers.get('cache-control'), 'no-store')
  const endpoints = Object.entries(document).filter(([name]) => name.endsWith('_endpoint') || name === 'jwks_uri')
  t.same(Object.fromEntries(endpoints.map(([name, url]) => [name, url.replace(plain.issuer, '')])), {
    authorization_endpoint: '/oauth/v2/authorize',
    token_endpoint: '/oauth/v2/token',
    introspection_endpoint: '/oauth/v2/introspect',
    userinfo_endpoint: '/oidc/v1/userinfo',
    revocation_endpoint: '/oauth/v2/revoke',
    end_session_endpoint: '/oidc/v1/end_session',
    device_authorization_endpoint: '/oauth/v2/device_authorization',
    jwks_uri: '/oauth/v2/keys'
  })
  t.same(document['introspection_endpoint_auth_methods_supported'], ['client_secret_basic', 'private_key_jwt'])
})

t.test('a JWT access token verifies with the web keys', async (t) => {
  const plain = await startStandIn()
  t.teardown(() => plain.close())
  const response = await fetch(`${plain.issuer}/oauth/v2/keys`)
  t.equal(response.headers.get('cache-control'), 'max-age=300, must-revalidate')
  const { payload, protectedHeader } = await jwtVerify(
    await plain.issueToken({ format: 'jwt' }), createLocalJWKSet(await response.json() as any), { issuer: plain.issuer, audience: plain.projectId })
  t.equal(payload.sub, '280000000000000500')
  t.match(protectedHeader, { alg: 'RS256', typ: 'JWT' })
})

t.test('an issuer that is not an origin is rejected and an unknown path gets 404', async (t) => {
  for (const wrong of ['auth.acme.example', `${issuer}/`, `${issuer}/path`]) {
    await t.rejects(startStandIn({ issuer: wrong }), { name: 'TypeError', message: /^"issuer" must be an origin/ }, wrong)
  }
  const plain = await startStandIn()
  t.teardown(() => plain.close())
  const response = await fetch(`${plain.issuer}/oauth/v2/other`)
  t.same([response.status, await response.text()], [404, '404 page not found\n'])
})

t.test('an unknown option is rejected', async (t) => {
  const standIn = await startStandIn()
  t.teardown(() => standIn.close())
  const rejected = { name: 'TypeError' }
  await t.rejects(startStandIn({ prot: 8080 } as never), { ...rejected, message: /^unknown option "prot" of startStandIn: expected one of port, issuer/ })
  await t.rejects(standIn.addApi({ projectID: '1' } as never), { ...rejected, message: /^unknown option "projectID" of addApi: expected one of projectId/ })
  await t.rejects(standIn.issueToken({ role: ['admin'] } as never), { ...rejected, message: /^unknown option "role" of issueToken: expected one of kind, format/ })
  await t.rejects(standIn.issueToken({ constructor: 1 } as never), rejected)
  await t.resolves(standIn.issueToken({ roles: undefined } as never), 'an undefined option is ignored')
})
