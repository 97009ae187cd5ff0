import { Outage, unavailable, type ZitadelError } from '../errors.ts'
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

interface Waiting {
  readonly start: () => void
  readonly refuse: (error: ZitadelError) => void
  /** Monotonic milliseconds. */
  readonly since: number
}

/** One part in so many is kept for tokens that were active a moment ago, and never given to strangers. */
const KEPT = 4

/**
 * Bounds what strangers can make us do. Tokens that were active a moment ago go first and have a share of their own, so
 * that the verdicts of legitimate callers are renewed in the middle of a flood.
 */
export class Limiter {
  readonly #limits: Limits
  readonly #patience: number
  readonly #clock: Clock
  readonly #known = new Set<Waiting>()
  readonly #strangers = new Set<Waiting>()
  #running = 0
  #runningStrangers = 0
  #allowance: number
  #countedAt: number
  #timer: NodeJS.Timeout | undefined

  /**
   * @param patience milliseconds after which a turn comes too late to be of use: in a flood that outlasts the queue, all
   *   would wait until nearly no time is left for an answer, and ZITADEL would seem to be down
   */
  constructor (limits: Limits, patience: number, clock: Clock) {
    this.#limits = limits
    this.#patience = patience
    this.#clock = clock
    this.#allowance = limits.perSecond ?? Infinity
    this.#countedAt = clock.monotonic()
  }

  /**
   * Runs work when it is its turn.
   *
   * @param known whether the token was active a moment ago
   * @param deadline ends the wait, and gives the place back even where the work does not end; the promise is then left to
   *   whoever set it
   * @throws ZitadelError `FST_ZITADEL_UNAVAILABLE` when too many wait already, or the turn comes too late
   */
  async run<T> (known: boolean, deadline: Deadline, work: () => Promise<T>): Promise<T> {
    const isNext = this.#known.size === 0 && (known || this.#strangers.size === 0)
    if (isNext && this.#mayStart(known)) this.#started(known)
    else await this.#turn(known, deadline)
    let ended = false
    const end = (): void => {
      if (ended) return
      ended = true
      this.#running--
      if (!known) this.#runningStrangers--
      this.#next()
    }
    deadline.once('abort', end)
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

  async #turn (known: boolean, deadline: Deadline): Promise<void> {
    const { queue } = this.#limits
    const waiting = known ? this.#known : this.#strangers
    if (this.#known.size + this.#strangers.size >= queue || (!known && this.#strangers.size >= queue - share(queue))) {
      throw tooMany('too many introspections are waiting already')
    }
    await new Promise<void>((resolve, reject) => {
      const one = { start: resolve, refuse: reject, since: this.#clock.monotonic() }
      waiting.add(one)
      deadline.once('abort', () => { waiting.delete(one) })
      this.#next()
    })
  }

  #next (): void {
    for (const [known, waiting] of [[true, this.#known], [false, this.#strangers]] as const) {
      for (const one of waiting) {
        if (!this.#mayStart(known)) break
        waiting.delete(one)
        if (this.#clock.monotonic() - one.since >= this.#patience) {
          one.refuse(tooMany('the turn to ask ZITADEL came too late'))
          continue
        }
        // Counted before it runs: whoever comes in between must find the place taken.
        this.#started(known)
        one.start()
      }
    }
    this.#wakeUp()
  }

  /** Nobody ends when the allowance of a second is what is missing: time alone brings it back. */
  #wakeUp (): void {
    clearTimeout(this.#timer)
    if (this.#known.size + this.#strangers.size === 0) return
    const missing = this.#missing(this.#known.size > 0)
    if (missing <= 0) return
    this.#timer = setTimeout(() => this.#next(), Math.ceil(missing / this.#limits.perSecond! * 1000))
    this.#timer.unref()
  }
}

function tooMany (observed: string): ZitadelError {
  return unavailable(new Outage(observed, 'check for a flood of tokens, or raise the option "limits"', true), 1)
}

/** Of one there is nothing to share. */
function share (of: number): number {
  return of < 2 ? 0 : Math.max(1, Math.floor(of / KEPT))
}
