import type { Clock } from '../clock.ts'
import type { RedisLike } from '../options/shared-cache-options.ts'
import { isConnected, isIoredisCluster, isNodeRedisCluster, sendCommand } from './redis-client.ts'

/** Where operators read that the tier is of no use. */
export interface WarnLog {
  readonly warn: (fields: object, message: string) => void
}

/** Milliseconds without a failure after which the next one of its kind is news again. */
const WARN_INTERVAL_MS = 60_000

/** First words of error replies that are fit for a log: everything else that Redis says is not. */
const REPLY_ERRORS = ['READONLY', 'OOM', 'NOAUTH', 'WRONGPASS', 'NOPERM', 'LOADING', 'MISCONF', 'NOREPLICAS', 'MASTERDOWN', 'BUSY', 'WRONGTYPE', 'MOVED', 'ASK', 'TRYAGAIN', 'CLUSTERDOWN', 'ERR']

const NOT_CONNECTED = 'NOT_CONNECTED'

/** Milliseconds in which a client that is not connected yet is no news: it is starting, too. */
const STARTUP_GRACE_MS = 5000

/** Redis did not do what it was asked. */
export class RedisCommandError extends Error {
  /** Whether Redis itself has said so: it lives. */
  readonly isReply: boolean

  constructor (isReply = false) {
    super()
    this.isReply = isReply
  }
}

/**
 * The commands of a client, each with a deadline of ours: what the clients offer does not cover a server that is frozen. A
 * Redis that was away is left alone by requests until a beat has come through.
 */
export class RedisCommands {
  readonly #client: RedisLike
  readonly #deadline: number
  readonly #clock: Clock
  readonly #log: WarnLog
  readonly #failedAt = new Map<string, number>()
  #isUnavailable = false
  readonly #startedAt: number
  readonly isCluster: boolean

  constructor (client: RedisLike, deadline: number, clock: Clock, log: WarnLog) {
    this.#client = client
    this.isCluster = isIoredisCluster(client) || isNodeRedisCluster(client)
    this.#deadline = deadline
    this.#clock = clock
    this.#startedAt = clock.monotonic()
    this.#log = log
  }

  get isConnected (): boolean {
    return isConnected(this.#client)
  }

  /**
   * A command on the path of a request.
   *
   * @throws RedisFailure, at once while Redis is away
   */
  async send (...args: string[]): Promise<unknown> {
    if (this.#isUnavailable) throw new RedisCommandError()
    return await this.#sendWithin(this.#deadline, args)
  }

  /** A command whose reply changes nothing. */
  sendInBackground (...args: string[]): void {
    this.send(...args).catch(() => {})
  }

  /**
   * A command that nobody's request waits for, or that is worth a second. Tried even while Redis is away; success ends that.
   *
   * @throws RedisFailure
   */
  async forceSend (...args: string[]): Promise<unknown> {
    const reply = await this.#sendWithin(Math.max(this.#deadline, 1000), args)
    this.#isUnavailable = false
    return reply
  }

  #sendWithin (deadline: number, args: string[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      let settled = false
      const settle = (): boolean => {
        clearTimeout(timer)
        return settled !== (settled = true)
      }
      const fail = (code: string): void => {
        if (!settle()) return
        // An error reply is an answer, and quick; so is to see that nobody is connected. Only what does not answer is left alone.
        if (!REPLY_ERRORS.includes(code) && code !== NOT_CONNECTED) this.#isUnavailable = true
        if (code !== NOT_CONNECTED || this.#clock.monotonic() - this.#startedAt >= STARTUP_GRACE_MS) this.warn(code, 'a command of the shared cache failed, and requests go on without it')
        reject(new RedisCommandError(REPLY_ERRORS.includes(code)))
      }
      // Looked at once more after the sockets were: when this process was busy, the reply may be there by now.
      const timer = setTimeout(() => setImmediate(fail, 'DEADLINE'), deadline)
      this.#dispatch(args).then((reply) => { if (settle()) resolve(reply) }, (error: unknown) => fail(toLogCode(error)))
    })
  }

  async #dispatch (args: string[]): Promise<unknown> {
    if (!this.isConnected) throw Object.assign(new Error(), { code: NOT_CONNECTED })
    return await sendCommand(this.#client, args)
  }

  /** Once for as long as a fault lasts. */
  warn (code: string, consequence: string): void {
    const now = this.#clock.monotonic()
    const last = this.#failedAt.get(code) ?? -Infinity
    this.#failedAt.set(code, now)
    if (now - last > WARN_INTERVAL_MS) this.#log.warn({ code }, `fastify-zitadel: ${consequence} (Redis: ${code})`)
  }
}

/** A stable word; never the message, in which Redis can say anything. */
function toLogCode (error: unknown): string {
  const { code, message } = (error ?? {}) as { code?: unknown, message?: unknown }
  if (typeof code === 'string' && /^[A-Z][A-Z_]{1,30}$/.test(code)) return code
  const word = typeof message === 'string' ? message.split(' ', 1)[0]! : ''
  return REPLY_ERRORS.includes(word) ? word : 'FAILED'
}
