import { OutageError, createUnavailableError, type ZitadelError } from '../errors.ts'
import type { Clock } from '../clock.ts'
import type { Deadline } from './deadline.ts'

export interface Limits {
  /** Introspections at once. */
  readonly concurrent: number
  /** Introspections that wait for their turn. */
  readonly queue: number
  /** Introspections a second, in bursts of at most one second's worth; undefined for no such limit. */
  readonly perSecond?: number | undefined
}

interface QueueEntry {
  readonly start: () => void
  readonly reject: (error: ZitadelError) => void
  /** Monotonic milliseconds. */
  readonly since: number
}

/** One part in so many is kept for tokens that were active a moment ago, and never given to strangers. */
const RESERVE_FRACTION = 4

/**
 * Bounds what strangers can make us do. Tokens that were active a moment ago go first and have a share of their own, so
 * that the verdicts of legitimate callers are renewed in the middle of a flood.
 */
export class Limiter {
  readonly #limits: Limits
  readonly #maxWait: number
  readonly #clock: Clock
  readonly #knownQueue = new Set<QueueEntry>()
  readonly #unknownQueue = new Set<QueueEntry>()
  #running = 0
  #runningUnknown = 0
  #allowance: number
  #countedAt: number
  #timer: NodeJS.Timeout | undefined

  /**
   * @param maxWait milliseconds after which a turn comes too late to be of use: in a flood that outlasts the queue, all
   *   would wait until nearly no time is left for an answer, and ZITADEL would seem to be down
   */
  constructor (limits: Limits, maxWait: number, clock: Clock) {
    this.#limits = limits
    this.#maxWait = maxWait
    this.#clock = clock
    this.#allowance = limits.perSecond ?? Infinity
    this.#countedAt = clock.monotonic()
  }

  /**
   * Runs work when it is its turn.
   *
   * @param wasActive whether the token was active a moment ago
   * @param deadline ends the wait, and gives the place back even where the work does not end; the promise is then left to
   *   whoever set it
   * @throws ZitadelError `FST_ZITADEL_UNAVAILABLE` when too many wait already, or the turn comes too late
   */
  async run<T> (wasActive: boolean, deadline: Deadline, work: () => Promise<T>): Promise<T> {
    const isNext = this.#knownQueue.size === 0 && (wasActive || this.#unknownQueue.size === 0)
    if (isNext && this.#canStart(wasActive)) this.#recordStart(wasActive)
    else await this.#enqueue(wasActive, deadline)
    let ended = false
    const end = (): void => {
      if (ended) return
      ended = true
      this.#running--
      if (!wasActive) this.#runningUnknown--
      this.#startWaiting()
    }
    deadline.once('abort', end)
    try {
      return await work()
    } finally {
      end()
    }
  }

  /** Introspections that wait for their turn. */
  get queued (): number { return this.#knownQueue.size + this.#unknownQueue.size }

  /** One more question of somebody who has his turn: it counts among those of the second. */
  consume (): void {
    this.#allowance--
  }

  #canStart (wasActive: boolean): boolean {
    const { concurrent } = this.#limits
    if (this.#running >= concurrent) return false
    if (!wasActive && this.#runningUnknown >= concurrent - getReserve(concurrent)) return false
    return this.#getDeficit(wasActive) <= 0
  }

  #recordStart (wasActive: boolean): void {
    this.#running++
    if (!wasActive) this.#runningUnknown++
    this.consume()
  }

  /** How much of the allowance of a second has to come back first. */
  #getDeficit (wasActive: boolean): number {
    const { perSecond } = this.#limits
    if (perSecond === undefined) return 0
    const now = this.#clock.monotonic()
    this.#allowance = Math.min(perSecond, this.#allowance + (now - this.#countedAt) / 1000 * perSecond)
    this.#countedAt = now
    return 1 + (wasActive ? 0 : getReserve(perSecond)) - this.#allowance
  }

  async #enqueue (wasActive: boolean, deadline: Deadline): Promise<void> {
    const { queue } = this.#limits
    const entries = wasActive ? this.#knownQueue : this.#unknownQueue
    if (this.queued >= queue || (!wasActive && this.#unknownQueue.size >= queue - getReserve(queue))) {
      throw createOverloadError('too many introspections are waiting already')
    }
    await new Promise<void>((resolve, reject) => {
      const entry = { start: resolve, reject, since: this.#clock.monotonic() }
      entries.add(entry)
      deadline.once('abort', () => { entries.delete(entry) })
      this.#startWaiting()
    })
  }

  #startWaiting (): void {
    for (const [wasActive, queue] of [[true, this.#knownQueue], [false, this.#unknownQueue]] as const) {
      for (const entry of queue) {
        if (!this.#canStart(wasActive)) break
        queue.delete(entry)
        if (this.#clock.monotonic() - entry.since >= this.#maxWait) {
          entry.reject(createOverloadError('the turn to ask ZITADEL came too late'))
          continue
        }
        // Counted before it runs: whoever comes in between must find the place taken.
        this.#recordStart(wasActive)
        entry.start()
      }
    }
    this.#scheduleStart()
  }

  /** Nobody ends when the allowance of a second is what is missing: time alone brings it back. */
  #scheduleStart (): void {
    clearTimeout(this.#timer)
    if (this.#knownQueue.size + this.#unknownQueue.size === 0) return
    const deficit = this.#getDeficit(this.#knownQueue.size > 0)
    if (deficit <= 0) return
    this.#timer = setTimeout(() => this.#startWaiting(), Math.ceil(deficit / this.#limits.perSecond! * 1000))
    this.#timer.unref()
  }
}

function createOverloadError (message: string): ZitadelError {
  return createUnavailableError(new OutageError(message, 'check for a flood of tokens, or raise the option "limits"', true), 1)
}

/** Of one there is nothing to share. */
function getReserve (of: number): number {
  return of < 2 ? 0 : Math.max(1, Math.floor(of / RESERVE_FRACTION))
}
