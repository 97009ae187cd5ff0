import t from 'tap'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { Redis } from 'iovalkey'
import type { IoredisClient } from '../../lib/options/shared-cache-options.ts'
import { closeConnection, openConnection } from '../../lib/shared-cache/own-connection.ts'

t.test('after a reply that the client cannot decode, nothing more is read from the connection', async (t) => {
  // iovalkey does not know this type. The scanner takes what follows for a string.
  const server = createServer((socket) => { socket.on('error', () => {}).once('data', () => { socket.write('_\r\n$1000000\r\n') }) }).listen(0, '127.0.0.1')
  t.teardown(() => { server.close() })
  await once(server, 'listening')
  const client = new Redis({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, lazyConnect: true, retryStrategy: null as never })
  const connection = openConnection(client as unknown as IoredisClient, () => { t.fail('the scanner finds nothing invalid') })
  t.teardown(() => { closeConnection(connection) })
  const isDestroyed = await new Promise((resolve) => { connection.on('error', () => { resolve((connection.stream as unknown as Socket).destroyed) }) })
  t.equal(isDestroyed, true)
})
