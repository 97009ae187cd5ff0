import { isIoredisCluster, isNodeRedisCluster, pickMaster, pickRandom } from './redis-client.ts'
import type { IoredisClient, RedisLike } from '../options/shared-cache-options.ts'

export interface SubscriberListeners {
  readonly onSubscribed: () => void
  readonly onMessage: (channel: string, message: string) => void
  /** Messages may be lost from now on. The client may reconnect by itself. */
  readonly onInterrupted: () => void
  /** The client does not reconnect. */
  readonly onEnd: () => void
  /** The connection or the command SUBSCRIBE failed. */
  readonly onFailed: (error: unknown) => void
}

interface Connection {
  readonly on: (event: string, listener: (...args: string[]) => void) => unknown
  readonly connect: () => Promise<unknown>
  readonly subscribe: ((...channels: string[]) => Promise<unknown>) & ((channels: string[], listener: (message: string, channel: string) => void) => Promise<unknown>)
  readonly destroy?: () => unknown
  readonly disconnect: () => unknown
}

/** Clients reconnect by themselves and do not report lost messages. An `error` without a listener would end the process. */
const INTERRUPTIONS = ['error', 'close', 'end', 'reconnecting', 'topology-change']

/** Before it is ready, a client may keep no command: a subscription must be kept however long that takes. */
const IOREDIS_OVERRIDES = { lazyConnect: false, enableOfflineQueue: true, maxRetriesPerRequest: null, autoResubscribe: true }

/**
 * Subscribes on a connection of its own.
 *
 * @returns a function that closes the connection; undefined if no node of a cluster is known yet
 */
export function openSubscriber (client: RedisLike, channels: string[], listeners: SubscriberListeners): (() => void) | undefined {
  const connection = duplicate(client)
  if (connection === undefined) return undefined
  let isClosed = false
  const unlessClosed = <T extends unknown[]>(listener: (...args: T) => void) => (...args: T): void => { if (!isClosed) listener(...args) }
  const onMessage = unlessClosed(listeners.onMessage)
  for (const event of INTERRUPTIONS) connection.on(event, unlessClosed(listeners.onInterrupted))
  connection.on('end', unlessClosed(listeners.onEnd))
  const subscribe = async (): Promise<void> => {
    if ('call' in client) {
      connection.on('message', onMessage)
      await connection.subscribe(...channels)
      return
    }
    await connection.connect()
    // If it is closed while it connects, it connects all the same.
    if (isClosed) return close(connection)
    await connection.subscribe(channels, (message, channel) => onMessage(channel, message))
  }
  subscribe().then(unlessClosed(listeners.onSubscribed)).catch(unlessClosed(listeners.onFailed))
  return () => {
    isClosed = true
    close(connection)
  }
}

/**
 * In a cluster, a connection to one node. The subscriptions of cluster clients move from node to node without an event, so lost
 * messages would go unnoticed.
 */
function duplicate (client: RedisLike): Connection | undefined {
  // The node may be gone for good: the next connection is to another one.
  if (isIoredisCluster(client)) return duplicateIoredis(pickRandom(client.nodes('master')), { retryStrategy: null })
  if ('call' in client) return duplicateIoredis(client)
  const source = isNodeRedisCluster(client) ? pickMaster(client) : client
  return source && (source.duplicate as () => Connection)()
}

function duplicateIoredis (client: IoredisClient | undefined, overrides: object = {}): Connection | undefined {
  return client && (client.duplicate as (overrides: object) => Connection)({ ...IOREDIS_OVERRIDES, ...overrides })
}

function close (connection: Connection): void {
  try {
    // Either may return a promise, which is rejected if the connection has ended by itself.
    Promise.resolve((connection.destroy ?? connection.disconnect).call(connection)).catch(() => {})
  } catch {
    // It has ended by itself.
  }
}
