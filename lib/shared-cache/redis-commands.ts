import type { Clock } from '../clock.ts'
import type { CommandConnection } from './command-connection.ts'
import { getFailureReason, isErrorReply, NOT_CONNECTED, RedisCommandError } from './command-failure.ts'
import { isConnected, sendCommand } from './redis-client.ts'
import type { SharedCacheLog } from './shared-cache-log.ts'

/** Milliseconds after the start in which a client without a connection is not logged: it may be connecting. */
const STARTUP_GRACE_MS = 5000

/**
 * Formats the time after which Redis drops a value. It rejects times that exceed 64 bits together with the clock.
 *
 * @param milliseconds any positive number
 */
export function formatExpiry (milliseconds: number): string {
  return String(Math.min(Math.ceil(milliseconds), Number.MAX_SAFE_INTEGER))
}

/**
 * Sends commands, each with a deadline of ours: the timeouts of the clients do not cover a server that is frozen. After a
 * command without a reply, requests send no more commands until a heartbeat has got a reply.
 */
export class RedisCommands {
  readonly connection: CommandConnection
  readonly #deadline: number
  readonly #clock: Clock
  readonly #log: SharedCacheLog
  readonly #startedAt: number
  #isUnavailable = false

  /** @param deadline milliseconds */
  constructor (connection: CommandConnection, deadline: number, clock: Clock, log: SharedCacheLog) {
    this.connection = connection
    this.#deadline = deadline
    this.#clock = clock
    this.#startedAt = clock.monotonic()
    this.#log = log
  }

  get isCluster (): boolean {
    return this.connection.isCluster
  }

  get isConnected (): boolean {
    return isConnected(this.connection.client)
  }

  /**
   * Sends a command for which a request waits.
   *
   * @throws RedisCommandError, at once while Redis is unavailable
   */
  async send (...args: string[]): Promise<unknown> {
    if (this.#isUnavailable) throw new RedisCommandError()
    return await this.#sendWithin(this.#deadline, args)
  }

  /** Sends a command whose reply is not used. */
  sendInBackground (...args: string[]): void {
    this.send(...args).catch(() => {})
  }

  /**
   * Sends a command for which no request waits, or that is worth a second of waiting, also while Redis is unavailable. A reply
   * ends that state.
   *
   * @throws RedisCommandError
   */
  async forceSend (...args: string[]): Promise<unknown> {
    const reply = await this.#sendWithin(Math.max(this.#deadline, 1000), args)
    this.#isUnavailable = false
    return reply
  }

  /** Logs the failure of a command. */
  reportFailure (command: string, error: unknown): void {
    const reason = getFailureReason(error)
    // The operator needs the name of the command that is not permitted.
    if (reason === 'NOPERM') return this.#warn(`Redis does not permit the command ${command}, or not on the keys and channels of the shared cache`, command, [reason], command)
    const cause = reason === NOT_CONNECTED ? this.connection.cause : undefined
    this.#warn('a command of the shared cache failed: check Redis, its address and its password', command, cause === undefined ? [reason] : [reason, cause])
  }

  #warn (message: string, command: string, [reason, cause]: [string, string?], kind: string | undefined = cause): void {
    const words = cause === undefined ? reason : `${reason}, ${cause}`
    this.#log.warn('FST_ZITADEL_SHARED_COMMAND', `${message}. Requests go on without it (Redis: ${words})`, { reason, ...(cause !== undefined && { cause }), command }, `${reason} ${kind ?? ''}`)
  }

  #sendWithin (deadline: number, args: string[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      let settled = false
      const settle = (): boolean => {
        clearTimeout(timer)
        return settled !== (settled = true)
      }
      const fail = (error: unknown): void => {
        if (!settle()) return
        const reason = getFailureReason(error)
        const isReply = isErrorReply(reason)
        // An error reply is quick, and so is the check for a connection.
        if (!isReply && reason !== NOT_CONNECTED) this.#isUnavailable = true
        if (!this.connection.isClosed && (reason !== NOT_CONNECTED || this.#clock.monotonic() - this.#startedAt >= STARTUP_GRACE_MS)) this.reportFailure(args[0]!, error)
        reject(new RedisCommandError(isReply))
      }
      // The sockets are read once more first: if this process was busy, the reply may have arrived.
      const timer = setTimeout(() => setImmediate(fail, { code: 'DEADLINE' }), deadline)
      this.#dispatch(args).then((reply) => { if (settle()) resolve(reply) }, fail)
    })
  }

  async #dispatch (args: string[]): Promise<unknown> {
    // At a start, the connection may not be ready yet.
    if (!this.isConnected) await this.connection.attempted
    if (!this.isConnected) throw Object.assign(new Error(), { code: NOT_CONNECTED })
    try {
      return await sendCommand(this.connection.client, args)
    } catch (error) {
      throw this.connection.toFailure(error)
    }
  }
}
