import type { TimedResponse } from './serialization.ts'
import { KeyedNotifiers, type Notifier } from './notifiers.ts'
import type { RedisCommands } from './redis-commands.ts'
import type { SharedEntry } from './entry.ts'

/** Milliseconds after which a peer that is waited for is looked after, should what he said have been lost. */
const POLL_INTERVAL_MS = 250

/** The answer that the fleet has or was about to have; or the word that this process is the one to ask, for all or for itself. */
export type LeaseResult = TimedResponse | 'claimed' | undefined

/** Who of a fleet asks, and who waits for that. */
export class Leases {
  readonly #commands: RedisCommands
  readonly #wait: number
  readonly #pollInterval: number
  readonly #notifiers = new KeyedNotifiers()
  /** Where it is said that somebody waits no longer in vain: by the name of the claim, which tells strangers nothing. */
  readonly channel: string

  /**
   * @param wait milliseconds that a peer who asks is waited for
   * @param pollInterval milliseconds
   */
  constructor (commands: RedisCommands, channel: string, wait: number, pollInterval: number = POLL_INTERVAL_MS) {
    this.#commands = commands
    this.#wait = wait
    this.#pollInterval = pollInterval
    this.channel = channel
  }

  /**
   * @param maxAge milliseconds
   * @throws RedisFailure
   */
  async loadOrAcquire (entry: SharedEntry, maxAge: number): Promise<LeaseResult> {
    const known = await entry.load(maxAge)
    if (known !== undefined || this.#wait === 0) return known
    return await this.#notifiers.withNotifier(entry.leaseKey, async (notifier) => {
      // In this order on one connection: the answer of a peer who gave it between the look above and this claim is seen now.
      const [acquired, found] = await Promise.allSettled([
        this.#commands.send('SET', entry.leaseKey, '1', 'NX', 'PX', String(this.#wait)),
        entry.load(maxAge)
      ])
      const isOurs = acquired.status === 'fulfilled' && acquired.value === 'OK'
      if (found.status === 'fulfilled' && found.value !== undefined) {
        if (isOurs) await this.release(entry)
        return found.value
      }
      if (isOurs) return 'claimed'
      return acquired.status === 'fulfilled' ? await this.#waitForHolder(entry, maxAge, notifier) : undefined
    })
  }

  /**
   * Ends the lease, after the response was stored: a process that is notified finds the response, or sees that there is none.
   * The message is sent after the reply, because a cluster may pass it on faster than it handles the other commands. If no
   * process waits, none is sent: Redis would deliver it to every process, for every introspection.
   */
  async release (entry: SharedEntry): Promise<void> {
    const deleted = await this.#commands.send('DEL', entry.leaseKey, entry.waitingKey).catch(() => undefined)
    // Some clients return numbers as strings.
    if (Number(deleted) !== 1) this.#commands.sendInBackground('PUBLISH', this.channel, entry.leaseKey)
  }

  /** Somebody has released a claim. */
  handleRelease (lease: string): void {
    this.#notifiers.notify(lease)
  }

  /** Waits for a peer until he has answered, has given up, or has taken too long. */
  async #waitForHolder (entry: SharedEntry, maxAge: number, notifier: Notifier): Promise<TimedResponse | undefined> {
    // The claim is looked at first: once it has gone, the answer is there, or none will come.
    const look = async (): Promise<[unknown, TimedResponse | undefined]> => await Promise.all([this.#commands.send('EXISTS', entry.leaseKey), entry.load(maxAge)])
    const end = performance.now() + this.#wait
    this.#commands.sendInBackground('SET', entry.waitingKey, '1', 'PX', String(this.#wait))
    // The first look is after the mark, in case the lease was released before it.
    let [leases, found] = await look()
    for (let left = this.#wait; found === undefined && leases !== 0 && left > 0; left = end - performance.now()) {
      await notifier.wait(Math.min(this.#pollInterval, left));
      [leases, found] = await look()
    }
    return found
  }
}
