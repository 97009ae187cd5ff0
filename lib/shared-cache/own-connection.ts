import type { IoredisClient, NodeRedisClient, NodeRedisSentinel } from '../options/shared-cache-options.ts'
import { isSentinel } from '../options/redis-kind.ts'
import { ReplyScanner } from './reply-scanner.ts'

/** A client that was duplicated. */
export interface OwnConnection {
  readonly on: ((event: 'error', listener: (error: unknown) => void) => unknown) & ((event: string, listener: (...args: string[]) => void) => unknown)
  readonly connect: () => Promise<unknown>
  readonly subscribe: ((...channels: string[]) => Promise<unknown>) & ((channels: string[], listener: (message: string, channel: string) => void) => Promise<unknown>)
  readonly destroy?: () => unknown
  readonly disconnect: () => unknown
  /** Of ioredis and iovalkey: the socket, another one after each reconnect. */
  readonly stream: Socket
}

/** A socket, or what TLS has decrypted. */
interface Socket {
  readonly prependListener: (event: 'data', listener: (bytes: Buffer) => void) => unknown
  readonly destroy: () => unknown
}

/** A command that is in flight when the connection is lost fails at once. The client would send it again later, when no request waits for it. */
const IOREDIS_OVERRIDES = { lazyConnect: false, maxRetriesPerRequest: 0, autoResubscribe: false }

/**
 * Opens a connection with the settings of a client. It is closed when a reply or message arrives that is larger than
 * every one of this package; with node-redis, not over TLS and not through sentinels.
 *
 * @param onInvalidReply the client may reconnect by itself
 * @param overrides options of ioredis
 */
export function openConnection (client: IoredisClient | NodeRedisClient | NodeRedisSentinel, onInvalidReply: () => void, overrides: object = {}): OwnConnection {
  const duplicate = client.duplicate as unknown as (overrides?: object) => OwnConnection
  if ('call' in client) {
    const connection = duplicate.call(client, { ...IOREDIS_OVERRIDES, ...overrides })
    connection.on('connect', () => boundReplies(connection.stream, onInvalidReply))
    endAfterError(connection, () => connection.stream)
    return connection
  }
  if (isSentinel(client)) return duplicate.call(client)
  // The options are passed to the constructor of the socket, which is a stream. For TLS, there is no such option.
  let socket: Socket | undefined
  const construct = function (this: Socket, callback: () => void): void {
    socket = this
    boundReplies(this, onInvalidReply)
    callback()
  }
  const connection = duplicate.call(client, { socket: { ...client.options?.socket, construct } })
  endAfterError(connection, () => socket)
  return connection
}

/**
 * Closes the socket when its client has an error. After a reply that it cannot decode, a client reads on from the start of a reply,
 * while the scanner is inside one: a length could pass unseen.
 */
function endAfterError (connection: OwnConnection, getSocket: () => Socket | undefined): void {
  connection.on('error', () => { getSocket()?.destroy() })
}

export function closeConnection (connection: OwnConnection): void {
  try {
    // Either may return a promise, which is rejected if the connection has ended by itself.
    Promise.resolve((connection.destroy ?? connection.disconnect).call(connection)).catch(() => {})
  } catch {
    // It has ended by itself.
  }
}

/** Reads all bytes before the client does. */
function boundReplies (socket: Socket, onInvalidReply: () => void): void {
  const scanner = new ReplyScanner()
  socket.prependListener('data', (bytes) => {
    const end = scanner.scan(bytes)
    if (end === undefined) return
    // The client still gets these bytes. Without a length it allocates nothing.
    bytes.fill(0, end)
    socket.destroy()
    onInvalidReply()
  })
}
