import { randomUUID } from 'node:crypto'
import { RedisCommandError, type RedisCommands } from './redis-commands.ts'
import type { RedisLike } from '../options/shared-cache-options.ts'
import { openSubscriber } from './subscriber.ts'

export interface SubscriptionListeners {
  readonly onMessage: (channel: string, message: string) => void
  /** What was said until now may have been missed. */
  readonly onGap: () => void
}

/** Beats that are published and not heard until the connection is replaced; each new one is given twice the time, up to a bound. */
const MIN_MISS_LIMIT = 2
const MAX_MISS_LIMIT = 64

/**
 * Channels on a connection of their own. That it listens is not believed but tried: every process tells itself something
 * now and then, on a channel that nobody else hears.
 */
export class Subscription {
  readonly #client: RedisLike
  readonly #commands: RedisCommands
  readonly #channels: string[]
  readonly #heartbeatChannel: string
  readonly #listeners: SubscriptionListeners
  readonly #interval: number
  #closeConnection: (() => void) | undefined
  #timer: NodeJS.Timeout | undefined
  /** The last thing that we told ourselves, until it is heard. */
  #heartbeat: { readonly text: string, published: boolean } | undefined
  #isHealthy = false
  #misses = 0
  #missLimit = MIN_MISS_LIMIT
  #isClosed = false

  /** @param interval milliseconds from beat to beat */
  constructor (client: RedisLike, commands: RedisCommands, prefix: string, channels: string[], listeners: SubscriptionListeners, interval: number) {
    this.#client = client
    this.#commands = commands
    this.#heartbeatChannel = `${prefix}:beat:${randomUUID()}`
    this.#channels = [...channels, this.#heartbeatChannel]
    this.#listeners = listeners
    this.#interval = interval
    this.#open()
    this.#scheduleCheck()
  }

  /** Whether what other processes publish arrives. */
  get isHealthy (): boolean {
    return this.#isHealthy
  }

  close (): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#closeSubscriber()
  }

  #open (): void {
    this.#closeConnection = openSubscriber(this.#client, this.#channels, {
      onSubscribed: () => this.#runHeartbeat(),
      onMessage: (channel, message) => this.#handleMessage(channel, message),
      onInterrupted: () => { this.#isHealthy = false },
      onEnd: () => this.#closeSubscriber()
    })
  }

  #closeSubscriber (): void {
    this.#closeConnection?.()
    this.#closeConnection = undefined
  }

  #handleMessage (channel: string, message: string): void {
    if (channel !== this.#heartbeatChannel) return this.#listeners.onMessage(channel, message)
    if (message !== this.#heartbeat?.text) return
    this.#heartbeat = undefined
    this.#misses = 0
    this.#missLimit = MIN_MISS_LIMIT
    if (this.#isHealthy) return
    this.#isHealthy = true
    this.#listeners.onGap()
  }

  #scheduleCheck (): void {
    if (this.#isClosed) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#check(), this.#interval).unref()
  }

  #check (): void {
    if (this.#heartbeat?.published === true) this.#handleMiss()
    if (this.#closeConnection === undefined) this.#open()
    this.#runHeartbeat()
  }

  /** One beat, with all of an interval to be heard in. */
  #runHeartbeat (): void {
    clearTimeout(this.#timer)
    this.#publishHeartbeat().finally(() => this.#scheduleCheck())
  }

  /** Redis lives, and does not tell us what it is told: by what others forget in the meantime, nothing must stay. */
  #handleMiss (): void {
    this.#isHealthy = false
    this.#commands.warn('NO_SUBSCRIPTION', 'what other processes forget does not arrive, so verdicts are not kept in memory for long')
    this.#listeners.onGap()
    if (++this.#misses < this.#missLimit) return
    this.#misses = 0
    this.#missLimit = Math.min(2 * this.#missLimit, MAX_MISS_LIMIT)
    this.#closeSubscriber()
    this.#open()
  }

  async #publishHeartbeat (): Promise<void> {
    this.#heartbeat = undefined
    // At a start, this connection may be faster than the other.
    if (!this.#commands.isConnected) return
    const heartbeat = { text: randomUUID(), published: false }
    this.#heartbeat = heartbeat
    try {
      await this.#commands.forceSend('PUBLISH', this.#heartbeatChannel, heartbeat.text)
      heartbeat.published = true
    } catch (error) {
      // Nothing was said, so that nothing was heard means nothing; unless Redis lives, and lets us say nothing.
      heartbeat.published = error instanceof RedisCommandError && error.isReply
    }
  }
}
