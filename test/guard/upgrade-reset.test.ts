import t from 'tap'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import fastifyAuth from '@fastify/auth'
import { once } from 'node:events'
import { ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import zitadel from '../../lib/index.ts'
import { Gate } from '../fixtures/peer.ts'
import { activeResponse, listen, type TestContext } from '../fixtures/guarded-app.ts'

interface UpgradeApp {
  readonly app: FastifyInstance
  /** Opens when ZITADEL responds. A test can replace it for a later introspection. */
  introspection: Gate
  /** Opens when the hooks of an error may go on. */
  readonly answer: Gate
}

/** An app whose router gets upgrades as @fastify/http-proxy gives them: without a listener for errors of the socket. */
async function startUpgradeApp (t: TestContext): Promise<UpgradeApp> {
  const app = Fastify()
  const found: UpgradeApp = { app, introspection: new Gate(), answer: new Gate() }
  t.teardown(async () => await app.close())
  const holdErrors = (path: string): void => {
    app.addHook('onError', async ({ url }) => {
      if (url !== path) return
      app.server.emit('denied')
      await found.answer.opened
    })
  }
  // Registered first, so it runs before the hook of the guard.
  for (const path of ['/', '/early']) holdErrors(path)
  await app.register(fastifyAuth)
  const introspect = async (token: string): Promise<object> => {
    app.server.emit('introspecting')
    await found.introspection.opened
    return token === 'good' ? activeResponse() : { active: false }
  }
  await app.register(zitadel, { introspect })
  // The denial of a strategy is final only in the hook of the guard.
  holdErrors('/own')
  app.get('/', { config: { scopes: [] } }, async () => 'served')
  for (const path of ['/own', '/early']) app.get(path, { config: { access: 'own' }, onRequest: app.auth([app.zitadel.require({ scopes: [] })]) }, async () => 'served')
  app.server.on('upgrade', (request, socket) => {
    const response = new ServerResponse(request)
    response.assignSocket(socket as Socket)
    app.routing(request, response)
  })
  return found
}

/** Sends an upgrade request, and returns the caller's socket and the server's. */
async function upgrade (app: FastifyInstance, port: number, path: string, token?: string): Promise<[caller: Socket, server: Socket]> {
  const caller = connect(port, '127.0.0.1')
  const upgraded = once(app.server, 'upgrade')
  const credentials = token === undefined ? '' : `authorization: Bearer ${token}\r\n`
  caller.write(`GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n${credentials}\r\n`)
  const [, server] = await upgraded
  return [caller, server]
}

/** Resets the caller's side. An error without a listener would end this process. */
async function reset (caller: Socket, server: Socket): Promise<void> {
  const closed = new Promise((resolve) => server.once('close', resolve))
  caller.resetAndDestroy()
  await closed
}

for (const path of ['/', '/own']) {
  t.test(`a reset of an upgrade of ${path} during the introspection does not end the process`, async (t) => {
    const { app, introspection, answer } = await startUpgradeApp(t)
    const port = await listen(app)
    const introspecting = once(app.server, 'introspecting')
    const [caller, server] = await upgrade(app, port, path, 'good')
    await introspecting
    await reset(caller, server)
    t.ok(server.destroyed)
    introspection.open()
    answer.open()
  })
}

t.test('a reset of an upgrade during the introspection after a forget does not end the process', async (t) => {
  const found = await startUpgradeApp(t)
  const { app } = found
  let again: Promise<unknown>
  const preValidation = async (): Promise<void> => {
    await app.zitadel.forget({ token: 'good' })
    found.introspection = new Gate()
    again = once(app.server, 'introspecting')
    app.server.emit('forgotten')
  }
  app.get('/forgotten', { config: { scopes: [] }, preValidation }, async () => 'served')
  const port = await listen(app)
  found.introspection.open()
  const forgotten = once(app.server, 'forgotten')
  const [caller, server] = await upgrade(app, port, '/forgotten', 'good')
  await forgotten
  await again!
  await reset(caller, server)
  t.ok(server.destroyed)
  found.introspection.open()
})

for (const path of ['/', '/own', '/early']) {
  for (const [name, token] of [['without a token', undefined], ['with a malformed token', 'a b'], ['with an inactive token', 'bad']] as const) {
    t.test(`a reset of an upgrade of ${path} ${name} before the denial is sent does not end the process`, async (t) => {
      const { app, introspection, answer } = await startUpgradeApp(t)
      const port = await listen(app)
      introspection.open()
      const denied = once(app.server, 'denied')
      const [caller, server] = await upgrade(app, port, path, token)
      await denied
      await reset(caller, server)
      t.ok(server.destroyed)
      answer.open()
    })
  }
}

for (const [name, path, introspections] of [['one introspection', '/accepted', 1], ['a second one', '/accepted-again', 2], ['the denial of another strategy', '/accepted-by-another', 1]] as const) {
  t.test(`an upgrade that is accepted after ${name} has no listener of the guard left`, async (t) => {
    const { app, introspection } = await startUpgradeApp(t)
    let [count, asked]: [number | undefined, number] = [undefined, 0]
    app.server.on('introspecting', () => { asked++ })
    const handler = async (request: FastifyRequest): Promise<void> => { count = request.raw.socket.listeners('error').filter(({ name }) => name === 'ignoreError').length }
    app.get('/accepted', { config: { scopes: [] } }, handler)
    app.get('/accepted-again', { config: { scopes: [] }, preValidation: async () => { await app.zitadel.forget({ token: 'good' }) } }, handler)
    const { zitadel } = app
    app.get('/accepted-by-another', { config: { access: 'own' }, onRequest: app.auth([zitadel.require({ roles: ['admin'] }), zitadel.require({ roles: ['owner'] }), zitadel.require()]) }, handler)
    const port = await listen(app)
    introspection.open()
    const [caller, server] = await upgrade(app, port, path, 'good')
    // The test owns the socket now, as the code that upgrades it would.
    server.on('error', () => {})
    await once(caller, 'data')
    t.strictSame([count, asked], [0, introspections])
    await reset(caller, server)
  })
}
