import t from 'tap'
import { once } from 'node:events'
import { ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { Gate } from '../fixtures/peer.ts'
import { activeResponse, listen, startGuardedApp } from '../fixtures/guarded-app.ts'

t.test('a reset of an upgrade while ZITADEL is asked does not end the process', async (t) => {
  const gate = new Gate()
  const introspect = async (): Promise<object> => {
    app.server.emit('introspecting')
    await gate.opened
    return activeResponse()
  }
  const { app } = await startGuardedApp(t, { options: { introspect } })
  app.get('/', { config: { scopes: [] } }, async () => 'served')
  // As @fastify/http-proxy does it: the socket goes to the router without a listener for its errors.
  app.server.on('upgrade', (request, socket) => {
    const response = new ServerResponse(request)
    response.assignSocket(socket as Socket)
    app.routing(request, response)
  })
  const port = await listen(app)
  const socket = connect(port, '127.0.0.1')
  const upgraded = once(app.server, 'upgrade')
  const introspecting = once(app.server, 'introspecting')
  socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\nauthorization: Bearer good\r\n\r\n')
  const [, serverSocket] = await upgraded
  await introspecting
  t.ok(serverSocket.listenerCount('error') > 0)
  const closed = new Promise((resolve) => serverSocket.once('close', resolve))
  socket.resetAndDestroy()
  await closed
  gate.open()
  await new Promise((resolve) => setImmediate(resolve))
  t.ok(serverSocket.destroyed)
})
