import t from 'tap'
import Fastify from 'fastify'
import { once } from 'node:events'
import { connect, type ClientHttp2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import zitadel from '../../lib/index.ts'
import { createIntrospect, bearer, activeResponse } from '../fixtures/guarded-app.ts'

async function request (session: ClientHttp2Session, headers: object, body?: string): Promise<Record<string, unknown>> {
  const stream = session.request({ ...headers })
  stream.end(body)
  const [answer] = await once(stream, 'response')
  return { status: answer[':status'], challenge: answer['www-authenticate'], body: await text(stream) }
}

t.test('over HTTP/2, requests are allowed and denied as over HTTP/1.1', async (t) => {
  const app = Fastify({ http2: true })
  await app.register(zitadel, { introspect: createIntrospect({ good: activeResponse() }).introspect })
  app.get('/', async ({ zitadel }) => zitadel.sub)
  app.post('/', { config: { roles: ['admin'] } }, async () => 'served')
  await app.listen({ host: '127.0.0.1', port: 0 })
  const session = connect(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`)
  t.teardown(async () => {
    session.destroy()
    await app.close()
  })
  t.match(await request(session, { ':path': '/', ...bearer('good') }), { status: 200, body: 'ada' })
  t.match(await request(session, { ':path': '/' }), { status: 401, challenge: 'Bearer' })
  t.match(await request(session, { ':path': '/', ...bearer('bad') }), { status: 401, challenge: 'Bearer error="invalid_token"' })
  t.match(await request(session, { ':path': '/unknown' }), { status: 404, challenge: undefined })
  const post = { ':path': '/', ':method': 'POST', 'content-type': 'text/plain', ...bearer('good') }
  t.match(await request(session, post, 'body'), { status: 403, challenge: 'Bearer error="insufficient_scope"' })
})
