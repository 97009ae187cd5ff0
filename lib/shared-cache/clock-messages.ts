import { randomUUID } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { MAX_MESSAGE_LENGTH } from './forget-messages.ts'
import type { RedisCommands } from './redis-commands.ts'
import type { SharedCacheLog } from './shared-cache-log.ts'
import type { SharedKey } from './shared-key.ts'
import { CLOCK_SKEW_MS } from './clock-skew.ts'

/** Milliseconds between two messages of all processes together, at least. */
export const CLOCK_INTERVAL_MS = 60_000

/**
 * Notices that the clocks of processes differ by more than the shared cache allows for. Each process receives each message, so
 * one message is enough for all processes: each of them compares, and publishes only if its own clock differs.
 */
export class ClockMessages {
  readonly #commands: RedisCommands
  readonly #keys: ReadonlyMap<string, SharedKey>
  readonly #clock: Clock
  readonly #log: SharedCacheLog
  readonly #senderId = randomUUID()
  readonly #interval: number
  #timer: NodeJS.Timeout | undefined

  /** @param interval milliseconds between two messages of all processes together, at least */
  constructor (commands: RedisCommands, keys: readonly SharedKey[], prefix: string, clock: Clock, log: SharedCacheLog, interval: number) {
    this.#commands = commands
    this.#keys = new Map(keys.map((key) => [`${prefix}:clock:${key.channel}`, key]))
    this.#clock = clock
    this.#log = log
    this.#interval = interval
    this.publishSoon()
  }

  get channels (): string[] {
    return [...this.#keys.keys()]
  }

  /** At a random time, because many processes can lose Redis and find it again at the same moment. */
  publishSoon (): void {
    this.#schedule(this.#interval * Math.random())
  }

  #schedule (delay: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#publish(), delay).unref()
  }

  #publish (): void {
    this.#postpone()
    const text = JSON.stringify([this.#senderId, this.#clock.wall()])
    for (const [channel, { clocks }] of this.#keys) this.#commands.sendInBackground('PUBLISH', channel, clocks.seal(text))
  }

  /** The time is random, so that each process has its turn. */
  #postpone (): void {
    this.#schedule(this.#interval * (1 + Math.random()))
  }

  /** @returns whether the message is one of this class */
  handle (channel: string, message: string): boolean {
    const key = this.#keys.get(channel)
    if (key === undefined) return false
    const text = message.length > MAX_MESSAGE_LENGTH ? undefined : key.clocks.open(message)
    if (text === undefined) return true
    const [sender, wall] = JSON.parse(text) as [string, number]
    if (sender === this.#senderId) return true
    this.compare(wall)
    if (Math.abs(wall - this.#clock.wall()) <= CLOCK_SKEW_MS) this.#postpone()
    return true
  }

  /**
   * Compares the clock of a sender. Only one that is ahead is reported: a message from the past may have been delayed or
   * repeated. If the sender is behind, it reports the difference itself.
   *
   * @param wall milliseconds since 1970
   */
  compare (wall: number): void {
    const ahead = wall - this.#clock.wall()
    if (ahead <= CLOCK_SKEW_MS) return
    const seconds = Math.round(ahead / 1000)
    this.#log.warn('FST_ZITADEL_SHARED_CLOCK', `the clock of another process is ${seconds} s ahead of the clock of this one. At a difference of more than ${CLOCK_SKEW_MS / 1000} s, responses that were forgotten can be loaded from the shared cache: synchronize the clocks`, { seconds })
  }

  close (): void {
    clearTimeout(this.#timer)
  }
}
