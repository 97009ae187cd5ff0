import t from 'tap'
import websocket from '@fastify/websocket'
import Fastify, { type FastifyInstance } from 'fastify'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import zitadel from '../../lib/index.ts'
import { createIntrospect, bearer, listen, activeResponse, roles, type TestContext } from '../fixtures/guarded-app.ts'

/** An app whose socket sends the subject of the caller; @fastify/websocket is registered before or after the plugin. */
async function echo (t: TestContext, first: boolean): Promise<FastifyInstance> {
  const app = Fastify()
  t.teardown(() => app.close())
  const { introspect } = createIntrospect({ good: activeResponse(), admin: activeResponse(roles({ admin: ['acme'] })) })
  if (first) await app.register(websocket)
  await app.register(zitadel, { introspect })
  if (!first) await app.register(websocket)
  app.get('/socket', { websocket: true, config: { roles: ['admin'] } }, (socket, request) => {
    socket.on('message', (data) => { socket.send(`${request.zitadel.sub}: ${String(data)}`) })
  })
  return app
}

/** The response to an upgrade: its status, and two headers of a denial. */
async function upgrade (url: string, headers: Record<string, string>): Promise<{ socket: WebSocket, status: number, challenge?: string | undefined, connection?: string | undefined }> {
  const socket = new WebSocket(url, { headers })
  return await new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('open', () => { resolve({ socket, status: 101 }) })
    socket.on('unexpected-response', (request, response) => {
      request.destroy()
      resolve({ socket, status: response.statusCode!, challenge: response.headers['www-authenticate'], connection: response.headers.connection })
    })
  })
}

for (const first of [true, false]) {
  t.test(`@fastify/websocket ${first ? 'before' : 'after'} the plugin: an upgrade needs what the route requires`, async (t) => {
    const app = await echo(t, first)
    const url = `ws://127.0.0.1:${await listen(app)}/socket`

    t.match(await upgrade(url, {}), { status: 401, challenge: 'Bearer', connection: 'close' })
    t.match(await upgrade(url, bearer('bad')), { status: 401, challenge: 'Bearer error="invalid_token"', connection: 'close' })
    t.match(await upgrade(url, bearer('good')), { status: 403, challenge: 'Bearer error="insufficient_scope"', connection: 'close' })

    const { socket, status } = await upgrade(url, bearer('admin'))
    t.equal(status, 101)
    socket.send('hello')
    const [message] = await once(socket, 'message')
    t.equal(String(message), 'ada: hello')
    socket.close()
    await once(socket, 'close')
  })

  t.test(`@fastify/websocket ${first ? 'before' : 'after'} the plugin: its injectWS is guarded too`, async (t) => {
    const app = await echo(t, first)
    await app.ready()
    await t.rejects(app.injectWS('/socket'), { message: /401/ })
    await t.rejects(app.injectWS('/socket', { headers: bearer('good') }), { message: /403/ })
    const socket = await app.injectWS('/socket', { headers: bearer('admin') })
    socket.terminate()
  })
}
