import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import fastifyExpress from '@fastify/express'
import httpProxy from '@fastify/http-proxy'
import Fastify from 'fastify'
import { WebSocket, WebSocketServer } from 'ws'
import { startStandIn } from '../../../dist/testing/index.js'
import zitadel from '../../../dist/index.js'

test('with unmatched: "protected", middleware of @fastify/express gets only requests with an active token', async (t) => {
  const standIn = await startStandIn()
  t.after(async () => await standIn.close())
  const app = Fastify()
  t.after(async () => await app.close())
  await app.register(zitadel, { issuer: standIn.issuer, credentials: standIn.credentials, unmatched: 'protected' })
  await app.register(fastifyExpress)
  app.use('/queues', (_request, response) => response.end('jobs'))
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  const get = async (headers) => (await fetch(`${address}/queues`, { headers })).status
  assert.equal(await get({}), 401)
  assert.equal(await get({ authorization: 'Bearer unknown' }), 401)
  assert.equal(await get({ authorization: `Bearer ${await standIn.issueToken({})}` }), 200)
})

test('a WebSocket behind @fastify/http-proxy needs a token, and a reset during the introspection does not end the process', async (t) => {
  const standIn = await startStandIn()
  t.after(async () => await standIn.close())
  const upstream = createServer()
  const sockets = new WebSocketServer({ server: upstream })
  sockets.on('connection', (socket) => socket.send('hello'))
  await once(upstream.listen(0, '127.0.0.1'), 'listening')
  t.after(() => upstream.close())
  const app = Fastify()
  t.after(async () => await app.close())
  await app.register(zitadel, { issuer: standIn.issuer, credentials: standIn.credentials })
  await app.register(httpProxy, { upstream: `http://127.0.0.1:${upstream.address().port}`, websocket: true })
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  const url = address.replace('http', 'ws')

  const denied = new WebSocket(url)
  const [error] = await once(denied, 'error')
  assert.match(error.message, /401/)

  const allowed = new WebSocket(url, { headers: { authorization: `Bearer ${await standIn.issueToken({})}` } })
  assert.equal(String((await once(allowed, 'message'))[0]), 'hello')
  allowed.terminate()

  standIn.fail({ delay: 300 })
  for (let count = 0; count < 5; count++) {
    const socket = connect(app.server.address().port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(`GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer ${await standIn.issueToken({})}\r\n\r\n`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    socket.resetAndDestroy()
  }
  standIn.fail(null)
  assert.equal((await fetch(address)).status, 401)
  sockets.close()
})
