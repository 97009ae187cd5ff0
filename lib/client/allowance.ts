import type { Clock } from '../clock.ts'

/** A number of introspections per second. What is not used is saved for at most one second. */
export class Allowance {
  readonly #perSecond: number
  readonly #clock: Clock
  #available: number
  #countedAt: number

  /** @param perSecond `Infinity` for no limit */
  constructor (perSecond: number, clock: Clock) {
    this.#perSecond = perSecond
    this.#clock = clock
    this.#available = perSecond
    this.#countedAt = clock.monotonic()
  }

  /** Counts one introspection. */
  consume (): void {
    this.#available--
  }

  /**
   * Returns the milliseconds after which one more introspection is allowed; 0 if it is allowed now.
   *
   * @param reserve number of introspections that must still be allowed after it
   */
  getDelay (reserve: number): number {
    if (this.#perSecond === Infinity) return 0
    const now = this.#clock.monotonic()
    this.#available = Math.min(this.#perSecond, this.#available + (now - this.#countedAt) / 1000 * this.#perSecond)
    this.#countedAt = now
    return Math.max(0, Math.ceil((1 + reserve - this.#available) / this.#perSecond * 1000))
  }
}
