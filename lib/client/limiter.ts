import type { ZitadelError } from '../errors.ts'
import type { Clock } from '../clock.ts'
import { Allowance } from './allowance.ts'
import type { Deadline } from './deadline.ts'
import { FairQueue } from './fair-queue.ts'
import type { Limits } from './limits.ts'
import { RESERVE_DIVISOR, getReserve } from './reserve.ts'
import { createOverloadError } from './overload-error.ts'

interface QueueEntry {
  readonly start: () => void
  readonly reject: (error: ZitadelError) => void
  /** Monotonic milliseconds. */
  readonly since: number
}

/** If both kinds of tokens are in the queue, an unknown one starts after so many known ones. */
const MAX_KNOWN_STARTS = 2

/**
 * Bounds the introspections that callers can cause.
 *
 * A token is known if its last introspection granted it, and it has neither expired nor been forgotten since. Known tokens go first
 * and have a share of their own, so that a flood of random tokens does not keep legitimate callers out. Unknown tokens have every
 * third start, so that a flood of active tokens does not keep new callers out. The subjects of known tokens are served alternately,
 * and if the queue is full, an entry of the subject with the most makes room. So subjects with many tokens do not keep others out.
 */
export class Limiter {
  readonly #limits: Limits
  readonly #maxWait: number
  readonly #clock: Clock
  readonly #knownQueue = new FairQueue<QueueEntry>()
  readonly #unknownQueue = new FairQueue<QueueEntry>()
  #running = 0
  #runningUnknown = 0
  /** Starts of known tokens since the last one of an unknown token that was in the queue. */
  #knownStarts = 0
  readonly #allowance: Allowance
  #timer: NodeJS.Timeout | undefined

  /**
   * @param maxWait maximum wait in the queue, in milliseconds. A longer wait leaves too little time for the response, and the
   *   timeouts would look like an outage.
   */
  constructor (limits: Limits, maxWait: number, clock: Clock) {
    this.#limits = limits
    this.#maxWait = maxWait
    this.#clock = clock
    this.#allowance = new Allowance(limits.perSecond ?? Infinity, clock)
  }

  /**
   * Runs work as soon as the limits allow.
   *
   * @param isKnown whether the token is known
   * @param subject the subject of a known token
   * @param deadline ends the wait, and frees the place of work that does not end. The promise then never settles: the code
   *   that set the deadline rejects instead
   * @throws ZitadelError `FST_ZITADEL_UNAVAILABLE` if the queue is full, or the wait was too long
   */
  async run<T> (isKnown: boolean, subject: unknown, deadline: Deadline, work: () => Promise<T>): Promise<T> {
    const isNext = this.#knownQueue.size === 0 && (isKnown ? !this.#isUnknownNext() : this.#unknownQueue.size === 0)
    if (isNext && this.#canStart(isKnown, isKnown)) this.#recordStart(isKnown)
    else await this.#enqueue(isKnown, isKnown ? subject : undefined, deadline)
    let ended = false
    const end = (): void => {
      if (ended) return
      ended = true
      this.#running--
      if (!isKnown) this.#runningUnknown--
      this.#startWaiting()
    }
    deadline.once('abort', end)
    try {
      return await work()
    } finally {
      end()
    }
  }

  /** The number of introspections in the queue. */
  get queued (): number { return this.#knownQueue.size + this.#unknownQueue.size }

  /** Counts one more request of running work. */
  consume (): void {
    this.#allowance.consume()
  }

  #isUnknownNext (): boolean {
    const { concurrent } = this.#limits
    return this.#unknownQueue.size > 0 && this.#knownStarts >= MAX_KNOWN_STARTS && this.#runningUnknown < concurrent - getReserve(concurrent)
  }

  /** @param usesReserve whether the token may use what is kept of the allowance of a second */
  #canStart (isKnown: boolean, usesReserve: boolean): boolean {
    const { concurrent } = this.#limits
    if (this.#running >= concurrent) return false
    if (!isKnown && this.#runningUnknown >= concurrent - getReserve(concurrent)) return false
    return this.#getDelay(usesReserve) === 0
  }

  #recordStart (isKnown: boolean): void {
    this.#running++
    if (!isKnown) this.#runningUnknown++
    this.#knownStarts = isKnown && this.#unknownQueue.size > 0 ? this.#knownStarts + 1 : 0
    this.consume()
  }

  #getDelay (usesReserve: boolean): number {
    const { perSecond } = this.#limits
    return this.#allowance.getDelay(usesReserve || perSecond === undefined ? 0 : getReserve(perSecond))
  }

  async #enqueue (isKnown: boolean, subject: unknown, deadline: Deadline): Promise<void> {
    const { queue } = this.#limits
    const entries = isKnown ? this.#knownQueue : this.#unknownQueue
    if (this.queued >= queue || entries.size >= queue - getReserve(queue)) {
      const evicted = isKnown ? entries.evictFor(subject) : undefined
      if (evicted === undefined) throw createOverloadError('queue')
      evicted.reject(createOverloadError('subject'))
    }
    if (isKnown && entries.count(subject) >= Math.ceil(queue / RESERVE_DIVISOR)) throw createOverloadError('subject')
    await new Promise<void>((resolve, reject) => {
      const entry = { start: resolve, reject, since: this.#clock.monotonic() }
      entries.add(subject, entry)
      deadline.once('abort', () => { entries.delete(subject, entry) })
      this.#startWaiting()
    })
  }

  #startWaiting (): void {
    for (;;) {
      const isUnknownNext = this.#isUnknownNext()
      const isKnown = this.#knownQueue.size > 0 && !isUnknownNext
      if (!this.#canStart(isKnown, isKnown || isUnknownNext)) break
      const entry = (isKnown ? this.#knownQueue : this.#unknownQueue).shift()
      if (entry === undefined) break
      if (this.#clock.monotonic() - entry.since >= this.#maxWait) {
        entry.reject(createOverloadError('wait'))
        continue
      }
      // Counted before it runs, so that no other work takes the place in between.
      this.#recordStart(isKnown)
      entry.start()
    }
    this.#scheduleStart()
  }

  /** If only the per-second allowance is missing, no work that ends will start the queue. A timer does. */
  #scheduleStart (): void {
    clearTimeout(this.#timer)
    if (this.queued === 0) return
    const delay = this.#getDelay(this.#knownQueue.size > 0 || this.#isUnknownNext())
    if (delay === 0) return
    this.#timer = setTimeout(() => this.#startWaiting(), delay)
    this.#timer.unref()
  }
}
