import { Outage, clientRejected, unavailable, type ZitadelError } from '../errors.ts'
import type { Clock } from './clock.ts'

/** What became of an exchange that ended without a response. */
export interface Failure {
  readonly error: ZitadelError
  /** Milliseconds for which nobody should ask again; undefined where only a series of such failures is a reason. */
  readonly pause?: number | undefined
}

/** Failures in a row after which a server counts as down. Fewer are what restarts and single bad requests look like. */
const SERIES = 5
/** Milliseconds of the first break, doubled by each probe that fails, and of the longest. */
const FIRST_BREAK = 500
const LONGEST_BREAK = 5000

/**
 * Keeps questions back from a server that would not answer them, so that their callers learn it at once. When a break is
 * over, one question at a time goes out to see.
 *
 * Ours, because the breakers at hand count by the wall clock: set back an hour, they would stay open for an hour.
 */
export class Circuit {
  readonly #clock: Clock
  readonly #breaks: boolean
  #failures = 0
  #break = FIRST_BREAK
  #open: { readonly until: number, readonly error: ZitadelError } | undefined
  #probing = false

  /** @param breaks whether a series of failures opens the circuit; a pause always does */
  constructor (breaks: boolean, clock: Clock) {
    this.#breaks = breaks
    this.#clock = clock
  }

  /** Whether questions are being kept back at this moment. */
  get isOpen (): boolean {
    return this.#open !== undefined && this.#clock.monotonic() < this.#open.until
  }

  /**
   * @returns whether this question is the one that goes out to see
   * @throws ZitadelError what opened the circuit, with the time that is left as `retry-after`
   */
  enter (): boolean {
    if (this.#open === undefined) return false
    const left = this.#open.until - this.#clock.monotonic()
    if (left > 0 || this.#probing) throw again(this.#open.error, Math.max(left, 0) / 1000)
    this.#probing = true
    return true
  }

  succeeded (): void {
    this.#probing = false
    this.#failures = 0
    this.#break = FIRST_BREAK
    this.#open = undefined
  }

  failed ({ error, pause }: Failure, probe: boolean): void {
    if (probe) this.#probing = false
    // What was on its way when the circuit opened tells nothing new.
    if (this.isOpen) return
    this.#failures++
    if (pause !== undefined) return this.#openFor(pause, error)
    if (!this.#breaks || (this.#failures < SERIES && !probe)) return
    this.#openFor(this.#break, error)
    this.#break = Math.min(2 * this.#break, LONGEST_BREAK)
  }

  /** An exchange that ended before it told anything, such as one that never got its turn. */
  left (probe: boolean): void {
    if (probe) this.#probing = false
  }

  #openFor (milliseconds: number, error: ZitadelError): void {
    this.#open = { until: this.#clock.monotonic() + milliseconds, error }
  }
}

function again (error: ZitadelError, seconds: number): ZitadelError {
  const cause = error.cause as Error
  return cause instanceof Outage ? unavailable(cause, seconds) : clientRejected(cause.message)
}
