import { randomUUID } from 'node:crypto'
import { RedisCommandError, type RedisCommands } from './redis-commands.ts'
import type { RedisLike } from '../options/shared-cache-options.ts'

export interface SubscriptionListeners {
  readonly onMessage: (channel: string, message: string) => void
  /** What was said until now may have been missed. */
  readonly onGap: () => void
}

interface Subscriber {
  readonly on: (event: string, listener: (...args: string[]) => void) => unknown
  readonly connect: () => Promise<unknown>
  readonly subscribe: ((...channels: string[]) => Promise<unknown>) & ((channels: string[], listener: (message: string, channel: string) => void) => Promise<unknown>)
  readonly destroy?: () => void
  readonly disconnect: () => unknown
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
  #subscriber: Subscriber | undefined
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
    const client = this.#client
    const isCalling = 'call' in client
    // Before it is ready, a client may keep nothing: a subscription must be kept however long that takes.
    const overrides = isCalling ? { lazyConnect: false, enableOfflineQueue: true, maxRetriesPerRequest: null, autoResubscribe: true } : {}
    const subscriber = (client.duplicate as (overrides: object) => Subscriber)(overrides)
    this.#subscriber = subscriber
    // An error without a listener would end the process. The clients reconnect by themselves, and tell nobody what they missed.
    for (const event of ['error', 'close', 'end', 'reconnecting']) subscriber.on(event, () => { this.#isHealthy = false })
    const onMessage = (channel: string, message: string): void => { if (subscriber === this.#subscriber) this.#handleMessage(channel, message) }
    if (isCalling) subscriber.on('message', onMessage)
    const subscribed = isCalling
      ? subscriber.subscribe(...this.#channels)
      : subscriber.connect().then(async () => {
        // Ended while it was still connecting, it would connect all the same.
        if (subscriber !== this.#subscriber) return closeSubscriber(subscriber)
        await subscriber.subscribe(this.#channels, (message, channel) => onMessage(channel, message))
      })
    subscribed.then(() => { if (!this.#isClosed) this.#runHeartbeat() }).catch(() => {})
  }

  #closeSubscriber (): void {
    const subscriber = this.#subscriber
    this.#subscriber = undefined
    if (subscriber !== undefined) closeSubscriber(subscriber)
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

function closeSubscriber (subscriber: Subscriber): void {
  try {
    // Where it is a promise, it can be rejected by a connection that has ended by itself.
    if (subscriber.destroy === undefined) Promise.resolve(subscriber.disconnect()).catch(() => {})
    else subscriber.destroy()
  } catch {
    // It has ended by itself.
  }
}
