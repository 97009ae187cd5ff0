import t from 'tap'
import websocket from '@fastify/websocket'
import Fastify from 'fastify'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import zitadel from '../../lib/index.ts'
import { activeResponse, bearer, listen } from '../fixtures/guarded-app.ts'

t.test('an open WebSocket ends when its token expires, and when it is revoked', async (t) => {
  let isRevoked = false
  const introspect = (token: string): { active: boolean } => {
    if (isRevoked) return { active: false }
    return activeResponse(token === 'short' ? { exp: Date.now() / 1000 + 0.3 } : {}) as { active: boolean }
  }
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(websocket)
  await app.register(zitadel, { introspect })
  const open = new Set<object>()
  app.get('/feed', { websocket: true, config: { scopes: [] } }, (socket, request) => {
    open.add(socket)
    const cancel = app.zitadel.onEnd(request, (reason) => { socket.close(4401, reason) }, { recheck: request.headers.authorization === 'Bearer rechecked' ? 0.2 : 60 })
    socket.on('close', () => {
      open.delete(socket)
      cancel()
    })
  })
  const url = `ws://127.0.0.1:${await listen(app)}/feed`
  const waitForEnd = async (token: string): Promise<string> => {
    const [code, reason] = await once(new WebSocket(url, { headers: bearer(token) }), 'close')
    return `${String(code)} ${String(reason)}`
  }
  // The server notices the end of a connection later than the client.
  const waitUntilOpen = async (count: number): Promise<void> => {
    while (open.size !== count) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const ends = { short: waitForEnd('short'), rechecked: waitForEnd('rechecked'), forgotten: waitForEnd('forgotten') }
  t.equal(await ends.short, '4401 expired')
  await waitUntilOpen(2)
  isRevoked = true
  t.equal(await ends.rechecked, '4401 revoked')
  await waitUntilOpen(1)
  await app.zitadel.forget({ sub: 'ada' })
  t.equal(await ends.forgotten, '4401 revoked')
  await waitUntilOpen(0)
})
