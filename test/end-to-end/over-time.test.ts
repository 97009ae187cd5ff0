import { againstBoth, optionsFor } from '../fixtures/authorization-servers.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { serve } from '../fixtures/served-app.ts'

againstBoth({
  'an expired token: 401': async (t, server) => {
    const { get } = await serve(t, optionsFor(server))
    t.equal((await get('/me', await server.issueToken({ lifetime: -1 }))).status, 401)
    t.equal(server.introspections(), 1)
  },

  'a remembered token dies at its exp, without another question': async (t, server) => {
    const clock = new ManualClock()
    const { get } = await serve(t, optionsFor(server), { clock })
    const token = await server.issueToken({ lifetime: 600 })
    t.equal((await get('/me', token)).status, 200)
    clock.jump(601)
    t.equal((await get('/me', token)).body['code'], 'FST_ZITADEL_INVALID_TOKEN')
    t.equal(server.introspections(), 1)
  },

  'a revoked token: 401 after forget': async (t, server) => {
    const { app, get } = await serve(t, optionsFor(server))
    const token = await server.issueToken()
    t.equal((await get('/me', token)).status, 200)
    await server.revoke(token)
    t.equal((await get('/me', token)).status, 200, 'used until its ttl ends')
    await app.zitadel.forget({ token })
    t.equal((await get('/me', token)).status, 401)
  },

  'a revoked token: 401 once its ttl is over': async (t, server) => {
    const clock = new ManualClock()
    const { get } = await serve(t, optionsFor(server, { cache: { ttl: 60 } }), { clock })
    const token = await server.issueToken()
    t.equal((await get('/me', token)).status, 200)
    await server.revoke(token)
    clock.advance(60)
    t.equal((await get('/me', token)).status, 401)
  },

  'a revoked token: 401 at once where freshness is 0': async (t, server) => {
    const { get } = await serve(t, optionsFor(server))
    const token = await server.issueToken()
    t.equal((await get('/fresh', token)).status, 200)
    await server.revoke(token)
    t.equal((await get('/fresh', token)).status, 401)
    t.equal((await get('/me', token)).status, 401, 'all routes use the new response')
  }
})
