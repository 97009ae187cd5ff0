import type { Clock } from '../clock.ts'
import type { SharedEntry } from './entry.ts'
import { KeyedNotifiers, type Notifier } from './notifiers.ts'
import type { RedisCommands } from './redis-commands.ts'
import type { TimedResponse } from './serialization.ts'
import type { SharedCacheLog } from './shared-cache-log.ts'

/** Milliseconds after which a waiting process checks the lease, in case the message was lost. */
const POLL_INTERVAL_MS = 250

/** Milliseconds for which no other process is waited for, after one has not responded in time. */
const NO_WAIT_MS = 10_000

/** A shared response; `'acquired'` if this process introspects for all; undefined if it introspects for itself. */
export type LeaseResult = TimedResponse | 'acquired' | undefined

export interface LeaseOptions {
  /** Milliseconds for which another process is waited for. */
  readonly wait: number
  /** Milliseconds. */
  readonly pollInterval?: number
}

/** Lets one process introspect a token while the others wait for its response. */
export class Leases {
  readonly #commands: RedisCommands
  readonly #clock: Clock
  readonly #log: SharedCacheLog
  readonly #wait: number
  readonly #pollInterval: number
  readonly #notifiers = new KeyedNotifiers()
  /** Monotonic milliseconds. */
  #waitAgainAt = -Infinity
  /** Channel for released leases. The message is the key of the lease, from which the token cannot be derived. */
  readonly channel: string

  constructor (commands: RedisCommands, channel: string, clock: Clock, log: SharedCacheLog, { wait, pollInterval = POLL_INTERVAL_MS }: LeaseOptions) {
    this.#commands = commands
    this.#clock = clock
    this.#log = log
    this.#wait = wait
    this.#pollInterval = pollInterval
    this.channel = channel
  }

  /**
   * @param maxAge milliseconds
   * @throws RedisCommandError
   */
  async loadOrAcquire (entry: SharedEntry, maxAge: number): Promise<LeaseResult> {
    const known = await entry.load(maxAge)
    if (known !== undefined || this.#wait === 0) return known
    return await this.#notifiers.withNotifier(entry.leaseKey, async (notifier) => {
      // In this order on one connection: a response that was stored between the first load and the lease is found.
      const [acquired, found] = await Promise.allSettled([
        // Longer than others wait, so that they see that it is still held.
        this.#commands.send('SET', entry.leaseKey, '1', 'NX', 'PX', String(2 * this.#wait)),
        entry.load(maxAge)
      ])
      const isOurs = acquired.status === 'fulfilled' && acquired.value === 'OK'
      if (found.status === 'fulfilled' && found.value !== undefined) {
        if (isOurs) await this.release(entry)
        return found.value
      }
      if (isOurs) return 'acquired'
      const canWait = acquired.status === 'fulfilled' && this.#clock.monotonic() >= this.#waitAgainAt
      return canWait ? await this.#waitForHolder(entry, maxAge, notifier) : undefined
    })
  }

  /**
   * Ends the lease, after the response was stored: a process that is notified finds the response, or sees that there is none.
   * The message is sent after the reply, because a cluster may pass it on faster than it handles the other commands. If no
   * process waits, none is sent: Redis would deliver it to every process, for every introspection.
   */
  async release (entry: SharedEntry): Promise<void> {
    const deleted = await this.#commands.send('DEL', entry.leaseKey, entry.waitingKey).catch(() => undefined)
    if (deleted !== 1) this.#commands.sendInBackground('PUBLISH', this.channel, entry.leaseKey)
  }

  handleRelease (lease: string): void {
    this.#notifiers.notify(lease)
  }

  /** Waits for another process until it has stored the response, has released the lease, or has taken too long. */
  async #waitForHolder (entry: SharedEntry, maxAge: number, notifier: Notifier): Promise<TimedResponse | undefined> {
    // The lease is read first: once it has gone, the response is there, or none will come.
    const load = async (): Promise<[unknown, TimedResponse | undefined]> => await Promise.all([this.#commands.send('EXISTS', entry.leaseKey), entry.load(maxAge)])
    const end = performance.now() + this.#wait
    this.#commands.sendInBackground('SET', entry.waitingKey, '1', 'PX', String(this.#wait))
    // Once after the waiting key was set, in case the lease was released before it.
    let [leases, found] = await load()
    for (let left = this.#wait; found === undefined && leases !== 0 && left > 0; left = end - performance.now()) {
      await notifier.wait(Math.min(this.#pollInterval, left));
      [leases, found] = await load()
    }
    if (found === undefined && leases !== 0) this.#suspendWaiting()
    return found
  }

  /** The process that holds the lease crashed or is slow, or another program has set it. Other new tokens must not wait for that. */
  #suspendWaiting (): void {
    this.#waitAgainAt = this.#clock.monotonic() + NO_WAIT_MS
    this.#log.warn('FST_ZITADEL_SHARED_LEASE', `another process holds the lease of a token and had no response after ${this.#wait} ms. For ${NO_WAIT_MS / 1000} s this process waits for no other`)
  }
}
