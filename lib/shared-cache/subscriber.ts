import type { RedisLike } from '../options/shared-cache-options.ts'
import { closeConnection, openConnection, type OwnConnection } from './own-connection.ts'
import { pickMaster, pickRandom } from './redis-client.ts'
import { isIoredisCluster, isNodeRedisCluster } from '../options/redis-kind.ts'

export interface SubscriberListeners {
  readonly onSubscribed: () => void
  readonly onMessage: (channel: string, message: string) => void
  /** Messages may be lost from now on. The client may reconnect by itself. */
  readonly onInterrupted: () => void
  /** A message was larger than every message of this package, so the connection was closed. */
  readonly onInvalidMessage: () => void
  /** The client does not reconnect. */
  readonly onEnd: () => void
  /** The connection or the command SUBSCRIBE failed. */
  readonly onFailed: (error: unknown) => void
}

/** Clients reconnect by themselves and do not report lost messages. An `error` without a listener would end the process. */
const INTERRUPTIONS = ['error', 'close', 'end', 'reconnecting', 'topology-change']

/**
 * Subscribes on a connection of its own.
 *
 * @returns a function that closes the connection; undefined if no node of a cluster is known yet
 */
export function openSubscriber (client: RedisLike, channels: string[], listeners: SubscriberListeners): (() => void) | undefined {
  let isClosed = false
  const unlessClosed = <T extends unknown[]>(listener: (...args: T) => void) => (...args: T): void => { if (!isClosed) listener(...args) }
  const connection = duplicate(client, unlessClosed(listeners.onInvalidMessage))
  if (connection === undefined) return undefined
  const onMessage = unlessClosed(listeners.onMessage)
  for (const event of INTERRUPTIONS) connection.on(event, unlessClosed(listeners.onInterrupted))
  connection.on('end', unlessClosed(listeners.onEnd))
  const report = (subscribed: Promise<unknown>): void => { subscribed.then(unlessClosed(listeners.onSubscribed)).catch(unlessClosed(listeners.onFailed)) }
  const connectAndSubscribe = async (): Promise<void> => {
    await connection.connect()
    // If it is closed while it connects, it still connects.
    if (isClosed) return closeConnection(connection)
    await connection.subscribe(channels, (message, channel) => onMessage(channel, message))
  }
  if ('call' in client) {
    connection.on('message', onMessage)
    // After each reconnect. The client itself would not handle a failure, which would end the process.
    connection.on('ready', unlessClosed(() => report(connection.subscribe(...channels))))
  } else report(connectAndSubscribe())
  return () => {
    isClosed = true
    closeConnection(connection)
  }
}

/**
 * In a cluster, a connection to one node. The subscriptions of cluster clients move from node to node without an event, so lost
 * messages would go unnoticed.
 */
function duplicate (client: RedisLike, onInvalidMessage: () => void): OwnConnection | undefined {
  // The node may be gone permanently: the next connection is to another one.
  const overrides = isIoredisCluster(client) ? { retryStrategy: null } : {}
  const source = isIoredisCluster(client) ? pickRandom(client.nodes('master')) : isNodeRedisCluster(client) ? pickMaster(client) : client
  return source && openConnection(source, onInvalidMessage, overrides)
}
