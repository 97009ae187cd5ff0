import type { IoredisClient, NodeRedisClient, RedisLike } from '../options/shared-cache-options.ts'
import { FAILED, getFailureReason } from './command-failure.ts'
import { closeConnection, openConnection, type OwnConnection } from './own-connection.ts'
import { isIoredisCluster, isNodeRedisCluster, isSentinel } from '../options/redis-kind.ts'

type OwnClient = OwnConnection & (IoredisClient | NodeRedisClient)

/** A reply was larger than every reply to this package, or not in the protocol of Redis. */
export const INVALID_REPLY = 'INVALID_REPLY'

/**
 * What commands are sent on: a connection of its own with the settings of the user's client. On that client, a reply that is too large
 * could not be told apart from those to other commands. A cluster, and a client of node-redis for sentinels, are used themselves.
 */
export class CommandConnection {
  readonly #source: RedisLike
  readonly isCluster: boolean
  #own: OwnClient | undefined
  #hasInvalidReply = false
  /** Of the latest attempt to connect; undefined after one that succeeded. */
  #error: unknown
  #isClosed = false
  #onAttempted!: () => void
  /** Resolves when the client has connected once, or has failed to. */
  readonly attempted: Promise<void>

  constructor (source: RedisLike) {
    this.#source = source
    this.isCluster = isIoredisCluster(source) || isNodeRedisCluster(source)
    this.attempted = new Promise((resolve) => { this.#onAttempted = resolve })
    this.reopen()
    if (this.#own === undefined) this.#onAttempted()
  }

  /** Whether the server closes. Commands that are in flight fail then, which is no failure of Redis. */
  get isClosed (): boolean {
    return this.#isClosed
  }

  get client (): RedisLike {
    return this.#own ?? this.#source
  }

  /** A stable word for why the connection cannot be opened; undefined if it is open, and if there is no such word, as for a cluster. */
  get cause (): string | undefined {
    const reason = getFailureReason(this.toFailure(this.#error))
    return reason === FAILED ? undefined : reason
  }

  /** Returns why a command failed: the error of a client after an invalid reply depends on the client. */
  toFailure (error: unknown): unknown {
    return this.#hasInvalidReply ? { code: INVALID_REPLY } : error
  }

  /** Replaces a connection that its client does not open again. */
  reopen (): void {
    const source = this.#source
    if (isIoredisCluster(source) || isNodeRedisCluster(source) || isSentinel(source)) return
    if (this.#own !== undefined && !hasEnded(this.#own)) return
    const own = openConnection(source, () => { this.#hasInvalidReply = true }) as OwnClient
    // Without a listener, an error would end the process. Commands that fail are logged.
    own.on('error', (error) => {
      this.#error = error
      this.#onAttempted()
    })
    own.on('ready', () => {
      this.#hasInvalidReply = false
      this.#error = undefined
      this.#onAttempted()
    })
    // If it is closed while it connects, a client of node-redis still connects.
    if (!('call' in own)) own.connect().then(() => { if (this.#isClosed) closeConnection(own) }, this.#onAttempted)
    this.#own = own
  }

  close (): void {
    this.#isClosed = true
    const own = this.#own
    // Before that, a client of node-redis writes the commands that it was given.
    if (own !== undefined) setImmediate(() => closeConnection(own))
  }
}

function hasEnded (client: IoredisClient | NodeRedisClient): boolean {
  return 'call' in client ? client.status === 'end' : client.isOpen === false
}
