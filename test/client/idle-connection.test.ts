import t from 'tap'
import { mock } from 'node:test'
import { json } from 'node:stream/consumers'
import { setImmediate } from 'node:timers/promises'
import { ConnectionPool } from '../../lib/client/connection-pool.ts'
import { Deadline } from '../../lib/client/deadline.ts'
import { send, startPeer } from '../fixtures/peer.ts'

t.test('a connection is closed after 10 s without a request, also if the server would keep it for longer', async (t) => {
  const peer = await startPeer(t, ({ response }) => send(response, 200, '{}', { connection: 'keep-alive', 'keep-alive': 'timeout=600' }))
  const connections = new ConnectionPool(peer.origin, 1, 1000)
  // Node.js 20 would print that this is experimental. This file has a process of its own.
  process.removeAllListeners('warning')
  // undici takes no clock: this replaces globalThis.setTimeout.
  mock.timers.enable({ apis: ['setTimeout'] })
  try {
    for (const idle of [9999, 10_000, 0]) {
      const { body } = await connections.request({ origin: peer.origin, path: '/', method: 'POST', headers: {}, body: '', headersTimeout: 0, bodyTimeout: 0, signal: new Deadline() })
      await json(body)
      // The connection is idle from the next turn of the event loop on.
      await setImmediate()
      mock.timers.tick(idle)
    }
  } finally {
    mock.timers.reset()
  }
  await connections.close()
  const [first, second, third] = peer.asked.map(({ request }) => request.socket)
  t.ok(second === first, 'after 9.999 s it is used again')
  t.ok(third !== second, 'after 10 s another is opened')
})
