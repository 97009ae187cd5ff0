import { randomUUID } from 'node:crypto'
import { RedisFailure, type Commands } from './redis-commands.ts'
import type { RedisLike } from '../options/shared-cache-options.ts'

export interface Listeners {
  readonly heard: (channel: string, message: string) => void
  /** What was said until now may have been missed. */
  readonly missed: () => void
}

interface Subscriber {
  readonly on: (event: string, listener: (...args: string[]) => void) => unknown
  readonly connect: () => Promise<unknown>
  readonly subscribe: ((...channels: string[]) => Promise<unknown>) & ((channels: string[], listener: (message: string, channel: string) => void) => Promise<unknown>)
  readonly destroy?: () => void
  readonly disconnect: () => unknown
}

/** Beats that are published and not heard until the connection is replaced; each new one is given twice the time, up to a bound. */
const MISSES = 2
const MOST_MISSES = 64

/**
 * Channels on a connection of their own. That it listens is not believed but tried: every process tells itself something
 * now and then, on a channel that nobody else hears.
 */
export class Subscription {
  readonly #client: RedisLike
  readonly #commands: Commands
  readonly #channels: string[]
  readonly #own: string
  readonly #listeners: Listeners
  readonly #interval: number
  #subscriber: Subscriber | undefined
  #timer: NodeJS.Timeout | undefined
  /** The last thing that we told ourselves, until it is heard. */
  #beat: { readonly text: string, published: boolean } | undefined
  #isWhole = false
  #misses = 0
  #patience = MISSES
  #closed = false

  /** @param interval milliseconds from beat to beat */
  constructor (client: RedisLike, commands: Commands, prefix: string, channels: string[], listeners: Listeners, interval: number) {
    this.#client = client
    this.#commands = commands
    this.#own = `${prefix}:beat:${randomUUID()}`
    this.#channels = [...channels, this.#own]
    this.#listeners = listeners
    this.#interval = interval
    this.#open()
    this.#next()
  }

  close (): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#end()
  }

  #open (): void {
    const client = this.#client
    const isCalling = 'call' in client
    // Before it is ready, a client may keep nothing: a subscription must be kept however long that takes.
    const overrides = isCalling ? { lazyConnect: false, enableOfflineQueue: true, maxRetriesPerRequest: null, autoResubscribe: true } : {}
    const subscriber = (client.duplicate as (overrides: object) => Subscriber)(overrides)
    this.#subscriber = subscriber
    // An error without a listener would end the process. The clients reconnect by themselves, and tell nobody what they missed.
    for (const event of ['error', 'close', 'end', 'reconnecting']) subscriber.on(event, () => { this.#isWhole = false })
    const heard = (channel: string, message: string): void => { if (subscriber === this.#subscriber) this.#hear(channel, message) }
    if (isCalling) subscriber.on('message', heard)
    const subscribed = isCalling
      ? subscriber.subscribe(...this.#channels)
      : subscriber.connect().then(async () => {
        // Ended while it was still connecting, it would connect all the same.
        if (subscriber !== this.#subscriber) return end(subscriber)
        await subscriber.subscribe(this.#channels, (message, channel) => heard(channel, message))
      })
    subscribed.then(() => { if (!this.#closed) this.#go() }).catch(() => {})
  }

  #end (): void {
    const subscriber = this.#subscriber
    this.#subscriber = undefined
    if (subscriber !== undefined) end(subscriber)
  }

  #hear (channel: string, message: string): void {
    if (channel !== this.#own) return this.#listeners.heard(channel, message)
    if (message !== this.#beat?.text) return
    this.#beat = undefined
    this.#misses = 0
    this.#patience = MISSES
    if (this.#isWhole) return
    this.#isWhole = true
    this.#listeners.missed()
  }

  #next (): void {
    if (this.#closed) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#check(), this.#interval).unref()
  }

  #check (): void {
    if (this.#beat?.published === true) this.#miss()
    this.#go()
  }

  /** One beat, with all of an interval to be heard in. */
  #go (): void {
    clearTimeout(this.#timer)
    this.#pulse().finally(() => this.#next())
  }

  /** Redis lives, and does not tell us what it is told: by what others forget in the meantime, nothing must stay. */
  #miss (): void {
    this.#isWhole = false
    this.#commands.tell('NO_SUBSCRIPTION', 'what other processes forget does not arrive, so verdicts are not kept in memory for long')
    this.#listeners.missed()
    if (++this.#misses < this.#patience) return
    this.#misses = 0
    this.#patience = Math.min(2 * this.#patience, MOST_MISSES)
    this.#end()
    this.#open()
  }

  async #pulse (): Promise<void> {
    this.#beat = undefined
    // At a start, this connection may be faster than the other.
    if (!this.#commands.isConnected) return
    const beat = { text: randomUUID(), published: false }
    this.#beat = beat
    try {
      await this.#commands.insist('PUBLISH', this.#own, beat.text)
      beat.published = true
    } catch (error) {
      // Nothing was said, so that nothing was heard means nothing; unless Redis lives, and lets us say nothing.
      beat.published = error instanceof RedisFailure && error.isReply
    }
  }
}

function end (subscriber: Subscriber): void {
  try {
    // Where it is a promise, it can be rejected by a connection that has ended by itself.
    if (subscriber.destroy === undefined) Promise.resolve(subscriber.disconnect()).catch(() => {})
    else subscriber.destroy()
  } catch {
    // It has ended by itself.
  }
}
