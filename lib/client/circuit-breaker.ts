import { Outage, clientRejected, unavailable, type ZitadelError } from '../errors.ts'
import type { Clock } from '../clock.ts'

/** What became of an exchange that ended without a response. */
export interface Failure {
  readonly error: ZitadelError
  /** Milliseconds for which nobody should ask again; undefined where only a series of such failures is a reason. */
  readonly pause?: number | undefined
}

/** One question, as the circuit sees it. */
export interface Pass {
  /** Which opening or closing of the circuit came last before it. */
  readonly era: number
}

interface Opening {
  /** Monotonic milliseconds. */
  readonly until: number
  readonly error: ZitadelError
  /** Whether the server itself asked to be left alone. */
  readonly asked: boolean
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
  #era = 0
  #failures = 0
  #break = FIRST_BREAK
  #open: Opening | undefined
  #probe: Pass | undefined

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
   * Lets a question out, or through to where it waits for its turn.
   *
   * @throws ZitadelError what opened the circuit, with the time that is left as `retry-after`
   */
  enter (): Pass {
    if (this.#open === undefined) return this.bypass()
    const left = this.#open.until - this.#clock.monotonic()
    if (left > 0 || this.#probe !== undefined) throw again(this.#open.error, Math.max(left, 0) / 1000)
    this.#probe = this.bypass()
    return this.#probe
  }

  /** Lets a question out whatever happened before. */
  bypass (): Pass {
    return { era: this.#era }
  }

  /** The same for a question that has waited: much may have happened since it entered. */
  renew (pass: Pass): Pass {
    return pass.era === this.#era ? pass : this.enter()
  }

  succeeded (pass: Pass): void {
    this.#failures = 0
    this.#break = FIRST_BREAK
    // A server that asked to be left alone still answers what was under way.
    if (this.#open === undefined || (this.#open.asked && pass.era !== this.#era)) return
    this.#turn(undefined)
  }

  /** @returns whether it was the last of a series, which has opened the circuit */
  failed (failure: Failure, pass: Pass): boolean {
    const isProbe = this.#probe === pass
    this.left(pass)
    const { error, pause } = failure
    const outage = error.cause instanceof Outage ? error.cause : undefined
    // What was on its way when the circuit opened or closed tells nothing new, unless it asks for more.
    const isNews = pass.era === this.#era
    if (pause !== undefined) {
      if (isNews || outage !== undefined) this.#openFor(pause, error, outage !== undefined)
      return false
    }
    // Nor does what strangers can bring about by what they send.
    if (!isNews || outage === undefined || outage.provokable || this.isOpen) return false
    if (!this.#breaks) {
      if (isProbe) this.#turn(undefined)
      return false
    }
    if (++this.#failures < SERIES && !isProbe) return false
    this.#openFor(this.#break, error, false)
    this.#break = Math.min(2 * this.#break, LONGEST_BREAK)
    return true
  }

  /** An exchange that ended before it told anything, such as one that never got its turn. */
  left (pass: Pass): void {
    if (this.#probe === pass) this.#probe = undefined
  }

  #openFor (milliseconds: number, error: ZitadelError, asked: boolean): void {
    const until = this.#clock.monotonic() + milliseconds
    // The longest that was asked for, where many answers ask at once.
    if (this.#open !== undefined && this.#open.until >= until) return
    this.#turn({ until, error, asked })
  }

  #turn (open: Opening | undefined): void {
    this.#open = open
    this.#probe = undefined
    this.#era++
  }
}

function again (error: ZitadelError, seconds: number): ZitadelError {
  const cause = error.cause as Error
  return cause instanceof Outage ? unavailable(cause, seconds) : clientRejected(cause.message)
}
