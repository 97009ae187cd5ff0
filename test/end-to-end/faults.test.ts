import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { againstBoth, optionsFor } from '../fixtures/authorization-servers.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { serve } from '../fixtures/served-app.ts'

/** The parts of a denial that a caller gets. */
const UNAVAILABLE = { statusCode: 503, code: 'FST_ZITADEL_UNAVAILABLE', error: 'Service Unavailable', message: 'The access token cannot be verified right now' }
const REJECTED = { statusCode: 500, code: 'FST_ZITADEL_CLIENT_REJECTED', error: 'Internal Server Error', message: 'This API cannot verify access tokens' }

againstBoth({
  'an outage: 503 without a challenge for unknown tokens, 200 for cached ones, and 200 for all after the outage': async (t, server) => {
    const { app, get } = await serve(t, optionsFor(server))
    const [known, fresh] = [await server.issueToken(), await server.issueToken()]
    t.equal((await get('/me', known)).status, 200)
    await server.stop()
    const { status, headers, body } = await get('/me', fresh)
    t.equal(status, 503)
    t.match(headers['retry-after'], /^[1-9]\d*$/)
    t.equal(headers['www-authenticate'], undefined)
    t.strictSame(body, UNAVAILABLE)
    t.equal((await get('/me', 'garbage')).status, 503, 'whether it is a token is unknown')
    t.equal((await get('/fresh', known)).status, 503)
    t.equal((await get('/me', known)).status, 200)
    t.match(await app.zitadel.check(), { ok: false, code: 'FST_ZITADEL_UNAVAILABLE' })
    await server.start()
    t.equal((await get('/me', fresh)).status, 200)
    t.equal((await get('/me', 'garbage')).status, 401)
    t.equal((await get('/fresh', known)).status, 200)
  },

  'an unknown key: 500, the reason is only in the log, and not every request asks the server': async (t, server) => {
    const clock = new ManualClock()
    const { app, errors, get } = await serve(t, optionsFor(server, { credentials: server.wrongKey }), { clock })
    const token = await server.issueToken()
    const { status, headers, body } = await get('/me', token)
    t.equal(status, 500)
    t.equal(headers['www-authenticate'], undefined)
    t.strictSame(body, REJECTED)
    t.match(errors.find((line) => line.includes("rejects this API's credentials")), 'FST_ZITADEL_CLIENT_REJECTED')
    t.notOk(errors.some((line) => line.includes(token) || line.includes('eyJ')), 'no token and no assertion in the log')
    const asked = server.introspections()
    for (let i = 0; i < 5; i++) t.equal((await get('/me', `other-${i}`)).status, 500)
    t.equal(server.introspections(), asked)
    t.match(await app.zitadel.check(), { ok: false, code: 'FST_ZITADEL_CLIENT_REJECTED' })
  },

  'a wrong key that is replaced: served again without a restart': async (t, server) => {
    const keyFile = join(t.testdir(), 'key.json')
    await writeFile(keyFile, JSON.stringify(server.wrongKey.key))
    const { app, get } = await serve(t, optionsFor(server, { credentials: { keyFile } }))
    const token = await server.issueToken()
    t.equal((await get('/me', token)).status, 500)
    t.match(await app.zitadel.reload(), { ok: false, code: 'FST_ZITADEL_CLIENT_REJECTED' })
    await writeFile(keyFile, JSON.stringify(server.credentials.key))
    t.strictSame(await app.zitadel.reload(), { ok: true })
    t.equal((await get('/me', token)).status, 200)
  },

  'id and secret in place of a key': async (t, server) => {
    const { app, get } = await serve(t, optionsFor(server, { credentials: server.secret }))
    t.strictSame(await app.zitadel.check(), { ok: true })
    t.equal((await get('/me', await server.issueToken())).status, 200)
    const wrong = await serve(t, optionsFor(server, { credentials: { ...server.secret, clientSecret: 'wrong' } as never }))
    t.equal((await wrong.get('/me', await server.issueToken())).body['code'], 'FST_ZITADEL_CLIENT_REJECTED')
  }
})
