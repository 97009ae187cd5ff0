import { againstBoth, optionsFor } from '../fixtures/authorization-servers.ts'
import { serve } from '../fixtures/served-app.ts'

againstBoth({
  'no token: 401, a challenge without error, and no introspection': async (t, server) => {
    const { get } = await serve(t, optionsFor(server))
    const { status, headers, body } = await get('/me')
    t.equal(status, 401)
    t.equal(headers['www-authenticate'], 'Bearer')
    t.equal(body['code'], 'FST_ZITADEL_NO_TOKEN')
    t.equal((await get('/public')).status, 200)
    t.equal(server.introspections(), 0)
  },

  'a token that was not issued: 401 invalid_token': async (t, server) => {
    const { get } = await serve(t, optionsFor(server))
    const { status, headers, body } = await get('/me', 'garbage')
    t.equal(status, 401)
    t.equal(headers['www-authenticate'], 'Bearer error="invalid_token"')
    t.equal(body['code'], 'FST_ZITADEL_INVALID_TOKEN')
    t.equal(server.introspections(), 1)
  },

  'a live token: 200, the handler knows the caller, and the server is asked once': async (t, server) => {
    const { get } = await serve(t, optionsFor(server))
    const before = Math.floor(Date.now() / 1000)
    const token = await server.issueToken({ scopes: ['openid', 'profile'], lifetime: 600 })
    const { status, body } = await get('/me', token)
    t.equal(status, 200)
    const { expiresAt, ...rest } = body
    t.strictSame(rest, { ...server.person, scopes: ['openid', 'profile'], stale: false, iss: server.issuer })
    t.ok(Number(expiresAt) >= before + 600)
    t.strictSame((await get('/me', token)).body, body)
    t.equal(server.introspections(), 1)
  },

  'a HEAD request is guarded as the GET': async (t, server) => {
    const { get } = await serve(t, optionsFor(server))
    const refused = await get('/mail', undefined, 'HEAD')
    t.strictSame([refused.status, refused.text], [401, ''])
    const served = await get('/mail', await server.issueToken(), 'HEAD')
    t.strictSame([served.status, served.text], [200, ''])
  },

  'a missing scope: 403, and the challenge names it': async (t, server) => {
    const { get } = await serve(t, optionsFor(server))
    const { status, headers, body } = await get('/mail', await server.issueToken({ scopes: ['openid', 'profile'] }))
    t.equal(status, 403)
    t.equal(headers['www-authenticate'], 'Bearer error="insufficient_scope", scope="email"')
    t.equal(body['code'], 'FST_ZITADEL_INSUFFICIENT_SCOPE')
    t.equal((await get('/mail', await server.issueToken({ scopes: ['openid', 'email'] }))).status, 200)
  },

  'a client that is not in "clients": 401': async (t, server) => {
    const token = await server.issueToken()
    const strict = await serve(t, optionsFor(server, { clients: ['another'] }))
    t.equal((await strict.get('/me', token)).status, 401)
    const open = await serve(t, optionsFor(server, { clients: ['another', server.person.clientId] }))
    t.equal((await open.get('/me', token)).status, 200)
  }
})
