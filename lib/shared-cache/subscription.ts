import type { RedisLike } from '../options/shared-cache-options.ts'
import { getFailureReason, isErrorReply } from './command-failure.ts'
import { Heartbeat } from './heartbeat.ts'
import type { RedisCommands } from './redis-commands.ts'
import { SilenceTimer } from './silence-timer.ts'
import { openSubscriber } from './subscriber.ts'

/** Milliseconds. */
export interface SharedCacheIntervals {
  /** Between two heartbeats. */
  readonly heartbeat: number
  /** Without a message, until this process counts as cut off. */
  readonly silence: number
  /** Between two messages with the time of this process. */
  readonly clock: number
}

export interface SubscriptionListeners {
  readonly onMessage: (channel: string, message: string) => void
  /** Messages may have been lost until now. If this process is cut off, they are lost from now on too. */
  readonly onGap: (isCutOff: boolean) => void
  /** Redis has replied to a heartbeat, also with an error. */
  readonly onReply: () => void
  /** Redis accepts what is published and does not deliver it. */
  readonly onNotDelivered: () => void
  /** A message was larger than every message of this package, so the connection was closed. */
  readonly onInvalidMessage: () => void
  /** Redis cannot be reached for a while, or can be reached again. */
  readonly onCutOffChange: (isCutOff: boolean) => void
}

/** Heartbeats that are published and not received, until the connection is replaced. Each new connection has twice the limit of the one before. */
const MIN_MISS_LIMIT = 2
const MAX_MISS_LIMIT = 64

/** Receives messages on a connection of its own, and tests by heartbeats whether they arrive. */
export class Subscription {
  readonly #client: RedisLike
  readonly #commands: RedisCommands
  readonly #channels: string[]
  readonly #listeners: SubscriptionListeners
  readonly #heartbeat: Heartbeat
  readonly #interval: number
  readonly #silence: SilenceTimer
  #closeConnection: (() => void) | undefined
  #timer: NodeJS.Timeout | undefined
  #isHealthy = false
  #isCutOff = false
  #misses = 0
  #missLimit = MIN_MISS_LIMIT
  #isClosed = false

  constructor (client: RedisLike, commands: RedisCommands, prefix: string, channels: string[], listeners: SubscriptionListeners, { heartbeat, silence }: SharedCacheIntervals) {
    this.#client = client
    this.#commands = commands
    this.#heartbeat = new Heartbeat(commands, prefix)
    this.#channels = [...channels, this.#heartbeat.channel]
    this.#listeners = listeners
    this.#interval = heartbeat
    this.#silence = new SilenceTimer(silence, () => this.#handleSilence())
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
    this.#silence.close()
    this.#closeSubscriber()
  }

  #open (): void {
    this.#closeConnection = openSubscriber(this.#client, this.#channels, {
      // At a start, this connection may be faster than the other.
      onSubscribed: () => { this.#commands.connection.attempted.then(() => this.#runHeartbeat()) },
      onMessage: (channel, message) => this.#handleMessage(channel, message),
      onInterrupted: () => { this.#isHealthy = false },
      onInvalidMessage: () => this.#listeners.onInvalidMessage(),
      onEnd: () => this.#closeSubscriber(),
      // The heartbeat detects a connection that fails.
      onFailed: (error) => { if (isErrorReply(getFailureReason(error))) this.#commands.reportFailure('SUBSCRIBE', error) }
    })
  }

  #closeSubscriber (): void {
    this.#closeConnection?.()
    this.#closeConnection = undefined
  }

  #handleMessage (channel: string, message: string): void {
    if (channel !== this.#heartbeat.channel) return this.#listeners.onMessage(channel, message)
    if (!this.#heartbeat.receive(message)) return
    this.#misses = 0
    this.#missLimit = MIN_MISS_LIMIT
    this.#silence.reset()
    this.#setCutOff(false)
    if (this.#isHealthy) return
    this.#isHealthy = true
    this.#listeners.onGap(false)
  }

  #scheduleCheck (): void {
    if (this.#isClosed) return
    clearTimeout(this.#timer)
    // The sockets are read once more first: if this process was busy, the heartbeat may have arrived.
    this.#timer = setTimeout(() => setImmediate(() => this.#check()), this.#interval).unref()
  }

  #check (): void {
    if (this.#isClosed) return
    if (this.#heartbeat.isMissing) this.#handleMiss()
    if (this.#closeConnection === undefined) this.#open()
    this.#commands.connection.reopen()
    this.#runHeartbeat()
  }

  /** Publishes one heartbeat. It has an interval to arrive. */
  #runHeartbeat (): void {
    if (this.#isClosed) return
    clearTimeout(this.#timer)
    this.#heartbeat.publish().finally(() => {
      if (this.#heartbeat.isReplying) this.#listeners.onReply()
      this.#scheduleCheck()
    })
  }

  /** Redis accepted a heartbeat and did not deliver it, so forget messages may be lost too. Redis can be asked about them. */
  #handleMiss (): void {
    this.#isHealthy = false
    // The first one may have been lost with the connection.
    if (this.#misses > 0 || this.#missLimit > MIN_MISS_LIMIT) this.#listeners.onNotDelivered()
    this.#listeners.onGap(false)
    if (++this.#misses < this.#missLimit) return
    this.#misses = 0
    this.#missLimit = Math.min(2 * this.#missLimit, MAX_MISS_LIMIT)
    this.#closeSubscriber()
    this.#open()
  }

  #handleSilence (): void {
    if (this.#heartbeat.isReplying) return
    this.#isHealthy = false
    this.#setCutOff(true)
    this.#listeners.onGap(true)
  }

  #setCutOff (isCutOff: boolean): void {
    if (isCutOff === this.#isCutOff) return
    this.#isCutOff = isCutOff
    this.#listeners.onCutOffChange(isCutOff)
  }
}
