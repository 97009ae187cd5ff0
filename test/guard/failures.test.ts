import t from 'tap'
import { createServer, type RequestListener } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import zitadel from '../../lib/index.ts'
import { bearer, getter, startGuardedApp, activeResponse, type TestContext } from '../fixtures/guarded-app.ts'

type Row = [what: string, request: { url?: string, authorization?: string }, status: number, code: string, challenge: string]

const callers: Row[] = [
  ['no token', {}, 401, 'NO_TOKEN', 'Bearer realm="orders"'],
  ['another scheme', { authorization: 'Basic YTpi' }, 401, 'NO_TOKEN', 'Bearer realm="orders"'],
  ['credentials that are no token', { authorization: 'Bearer a b' }, 400, 'INVALID_REQUEST', 'Bearer realm="orders", error="invalid_request"'],
  ['an inactive token', { authorization: 'Bearer inactive' }, 401, 'INVALID_TOKEN', 'Bearer realm="orders", error="invalid_token"'],
  ['an expired token', { authorization: 'Bearer expired' }, 401, 'INVALID_TOKEN', 'Bearer realm="orders", error="invalid_token"'],
  ['a token that is not valid yet', { authorization: 'Bearer early' }, 401, 'INVALID_TOKEN', 'Bearer realm="orders", error="invalid_token"'],
  ['a token that is bound to a key', { authorization: 'Bearer bound' }, 401, 'INVALID_TOKEN', 'Bearer realm="orders", error="invalid_token"'],
  ['a token of another type', { authorization: 'Bearer dpop' }, 401, 'INVALID_TOKEN', 'Bearer realm="orders", error="invalid_token"'],
  ['a token of a client that is not let in', { authorization: 'Bearer foreign' }, 401, 'INVALID_TOKEN', 'Bearer realm="orders", error="invalid_token"'],
  ['a missing scope of ZITADEL', { url: '/scope', authorization: 'Bearer good' }, 403, 'INSUFFICIENT_SCOPE', 'Bearer realm="orders", error="insufficient_scope", scope="email phone"'],
  ['a missing custom scope', { url: '/custom', authorization: 'Bearer good' }, 403, 'INSUFFICIENT_ROLE', 'Bearer realm="orders", error="insufficient_scope"'],
  ['a missing role', { url: '/role', authorization: 'Bearer good' }, 403, 'INSUFFICIENT_ROLE', 'Bearer realm="orders", error="insufficient_scope"']
]

t.test('failures of the caller have a challenge (RFC 6750 section 3)', async (t) => {
  const { app, clock } = await startGuardedApp(t, {
    options: { realm: 'orders', clients: ['web'] },
    responses: {
      expired: () => activeResponse({ exp: clock.seconds }),
      early: () => activeResponse({ nbf: clock.seconds + 61 }),
      bound: activeResponse({ cnf: { jkt: 'x' } }),
      dpop: activeResponse({ token_type: 'DPoP' }),
      foreign: activeResponse({ client_id: 'cli' })
    }
  })
  app.get('/', async () => 'served')
  app.get('/scope', { config: { scopes: ['email', 'phone'] } }, async () => 'served')
  app.get('/custom', { config: { scopes: ['orders:read'] } }, async () => 'served')
  app.get('/role', { config: { roles: ['admin'] } }, async () => 'served')
  for (const [what, { url = '/', ...headers }, status, code, challenge] of callers) {
    const reply = await app.inject({ url, headers })
    t.equal(reply.statusCode, status, what)
    t.equal(reply.json().code, `FST_ZITADEL_${code}`, what)
    t.equal(reply.headers['www-authenticate'], challenge, what)
    t.notOk('retry-after' in reply.headers, what)
  }
})

t.test('without a realm, a request without a token is challenged with the scheme alone', async (t) => {
  const { app, get } = await startGuardedApp(t)
  app.get('/', async () => 'served')
  t.equal((await get('/', null)).headers['www-authenticate'], 'Bearer')
})

/** An app whose ZITADEL is this server. */
async function against (t: TestContext, answer: RequestListener): Promise<ReturnType<typeof getter>> {
  const server = createServer(answer)
  t.teardown(() => { server.close().closeAllConnections() })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const app = Fastify()
  t.teardown(() => app.close())
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await app.register(zitadel, { issuer, credentials: { clientId: 'api', clientSecret: 'secret' } })
  app.get('/', async () => 'served')
  return getter(app)
}

const answering = (status: number, body: string): RequestListener => (_request, response) => { response.writeHead(status).end(body) }

const servers: Array<[what: string, answer: RequestListener, status: number, code: string, message: string]> = [
  ['a broken connection', (request) => { request.socket.destroy() }, 503, 'UNAVAILABLE', 'The access token cannot be verified right now'],
  ['a 502', answering(502, '<html>'), 503, 'UNAVAILABLE', 'The access token cannot be verified right now'],
  ['a 429', answering(429, 'Your ZITADEL instance is blocked.'), 503, 'UNAVAILABLE', 'The access token cannot be verified right now'],
  ['no answer', answering(200, '{"active":"true"}'), 503, 'UNAVAILABLE', 'The access token cannot be verified right now'],
  ['refused credentials', answering(400, '{"error":"unauthorized_client"}'), 500, 'CLIENT_REJECTED', 'This API cannot verify access tokens'],
  ['a 401', answering(401, '{"error":"invalid_client"}'), 500, 'CLIENT_REJECTED', 'This API cannot verify access tokens'],
  ['an unknown host', answering(404, 'unable to set instance'), 500, 'CLIENT_REJECTED', 'This API cannot verify access tokens'],
  ['another issuer', answering(200, '{"active":true,"iss":"https://other.example"}'), 500, 'CLIENT_REJECTED', 'This API cannot verify access tokens']
]

for (const [what, answer, status, code, message] of servers) {
  t.test(`${what} from ZITADEL is not the caller's fault: ${status}, without a challenge`, async (t) => {
    const get = await against(t, answer)
    const reply = await get('/')
    t.equal(reply.statusCode, status)
    t.equal(reply.json().code, `FST_ZITADEL_${code}`)
    t.equal(reply.json().message, message, 'the response has no details')
    t.equal(reply.headers['retry-after'], status === 503 ? '5' : undefined)
    t.notOk('www-authenticate' in reply.headers)
  })
}

t.test('an introspect function that throws is an outage', async (t) => {
  const { app } = await startGuardedApp(t, { options: { introspect: () => { throw new Error('secret') } } })
  app.get('/', async () => 'served')
  const reply = await app.inject({ url: '/', headers: bearer('any') })
  t.equal(reply.statusCode, 503)
  t.equal(reply.headers['retry-after'], '5')
  t.notMatch(reply.body, 'secret')
})
