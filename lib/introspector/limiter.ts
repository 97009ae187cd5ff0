import { Outage, unavailable } from '../errors.ts'
import type { Clock } from './clock.ts'

export interface Limits {
  /** Introspections at once. */
  readonly concurrent: number
  /** Introspections that wait for their turn. */
  readonly queue: number
  /** Introspections a second, in bursts of at most one second's worth; undefined for no such limit. */
  readonly perSecond?: number | undefined
}

/** One part in so many is kept for tokens that were active a moment ago, and never given to strangers. */
const KEPT = 4

/**
 * Bounds what strangers can make us do. Tokens that were active a moment ago go first and have a share of their own, so
 * that the verdicts of legitimate callers are renewed in the middle of a flood.
 */
export class Limiter {
  readonly #limits: Limits
  readonly #clock: Clock
  readonly #known = new Set<() => void>()
  readonly #strangers = new Set<() => void>()
  #running = 0
  #runningStrangers = 0
  #allowance: number
  #countedAt: number
  #timer: NodeJS.Timeout | undefined

  constructor (limits: Limits, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
    this.#allowance = limits.perSecond ?? Infinity
    this.#countedAt = clock.monotonic()
  }

  /**
   * Runs work when it is its turn.
   *
   * @param known whether the token was active a moment ago
   * @param signal ends the wait, and gives the place back even where the work does not end; the promise is then left to
   *   whoever gave the signal
   * @throws ZitadelError `FST_ZITADEL_UNAVAILABLE` when too many wait already
   */
  async run<T> (known: boolean, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const isNext = this.#known.size === 0 && (known || this.#strangers.size === 0)
    if (isNext && this.#mayStart(known)) this.#started(known)
    else await this.#turn(known, signal)
    let ended = false
    const end = (): void => {
      if (ended) return
      ended = true
      this.#running--
      if (!known) this.#runningStrangers--
      this.#next()
    }
    signal.addEventListener('abort', end, { once: true })
    try {
      return await work()
    } finally {
      end()
    }
  }

  /** One more question of somebody who has his turn: it counts among those of the second. */
  spend (): void {
    this.#allowance--
  }

  #mayStart (known: boolean): boolean {
    const { concurrent } = this.#limits
    if (this.#running >= concurrent) return false
    if (!known && this.#runningStrangers >= concurrent - share(concurrent)) return false
    return this.#missing(known) <= 0
  }

  #started (known: boolean): void {
    this.#running++
    if (!known) this.#runningStrangers++
    this.spend()
  }

  /** How much of the allowance of a second has to come back first. */
  #missing (known: boolean): number {
    const { perSecond } = this.#limits
    if (perSecond === undefined) return 0
    const now = this.#clock.monotonic()
    this.#allowance = Math.min(perSecond, this.#allowance + (now - this.#countedAt) / 1000 * perSecond)
    this.#countedAt = now
    return 1 + (known ? 0 : share(perSecond)) - this.#allowance
  }

  async #turn (known: boolean, signal: AbortSignal): Promise<void> {
    const { queue } = this.#limits
    const waiting = known ? this.#known : this.#strangers
    if (this.#known.size + this.#strangers.size >= queue || (!known && this.#strangers.size >= queue - share(queue))) {
      throw unavailable(new Outage('too many introspections are waiting already', 'check for a flood of tokens, or raise the option "limits"', true), 1)
    }
    await new Promise<void>((resolve) => {
      waiting.add(resolve)
      signal.addEventListener('abort', () => { waiting.delete(resolve) }, { once: true })
      this.#next()
    })
  }

  #next (): void {
    for (const [known, waiting] of [[true, this.#known], [false, this.#strangers]] as const) {
      for (const start of waiting) {
        if (!this.#mayStart(known)) break
        // Counted before it runs: whoever comes in between must find the place taken.
        this.#started(known)
        waiting.delete(start)
        start()
      }
    }
    this.#wakeUp()
  }

  /** Nobody ends when the allowance of a second is what is missing: time alone brings it back. */
  #wakeUp (): void {
    clearTimeout(this.#timer)
    const isWaitedFor = this.#known.size > 0 || this.#strangers.size > 0
    const missing = isWaitedFor ? this.#missing(this.#known.size > 0) : 0
    if (missing <= 0) return
    this.#timer = setTimeout(() => this.#next(), Math.ceil(missing / this.#limits.perSecond! * 1000))
    this.#timer.unref()
  }
}

/** Of one there is nothing to share. */
function share (of: number): number {
  return of < 2 ? 0 : Math.max(1, Math.floor(of / KEPT))
}
