import { OutageError, createClientRejectedError, createUnavailableError, type ZitadelError } from '../errors.ts'
import type { Clock } from '../clock.ts'

/** What became of an exchange that ended without a response. */
export interface CircuitFailure {
  readonly error: ZitadelError
  /** Milliseconds for which nobody should ask again; undefined where only a series of such failures is a reason. */
  readonly backoff?: number | undefined
}

/** One question, as the circuit sees it. */
export interface CircuitPermit {
  /** Which opening or closing of the circuit came last before it. */
  readonly generation: number
}

interface OpenState {
  /** Monotonic milliseconds. */
  readonly until: number
  readonly error: ZitadelError
  /** Whether the server itself asked to be left alone. */
  readonly isRequestedByServer: boolean
}

/** Failures in a row after which a server counts as down. Fewer are what restarts and single bad requests look like. */
const FAILURE_THRESHOLD = 5
/** Milliseconds of the first break, doubled by each probe that fails, and of the longest. */
const MIN_OPEN_MS = 500
const MAX_OPEN_MS = 5000

/**
 * Keeps questions back from a server that would not answer them, so that their callers learn it at once. When a break is
 * over, one question at a time goes out to see.
 *
 * Ours, because the breakers at hand count by the wall clock: set back an hour, they would stay open for an hour.
 */
export class CircuitBreaker {
  readonly #clock: Clock
  readonly #opensOnFailures: boolean
  readonly #onChange: (isOpen: boolean) => void
  #generation = 0
  #failures = 0
  #openDuration = MIN_OPEN_MS
  #open: OpenState | undefined
  #probe: CircuitPermit | undefined

  /**
   * @param opensOnFailures whether a series of failures opens the circuit; a pause always does
   * @param onChange called when the circuit has opened or closed
   */
  constructor (opensOnFailures: boolean, clock: Clock, onChange: (isOpen: boolean) => void = () => {}) {
    this.#opensOnFailures = opensOnFailures
    this.#onChange = onChange
    this.#clock = clock
  }

  /** Whether questions are being kept back at this moment. */
  get isOpen (): boolean {
    return this.#open !== undefined && this.#clock.monotonic() < this.#open.until
  }

  /** Whether nothing keeps questions back, and no probe is awaited. */
  get isClosed (): boolean {
    return this.#open === undefined
  }

  /**
   * Lets a question out, or through to where it waits for its turn.
   *
   * @throws ZitadelError what opened the circuit, with the time that is left as `retry-after`
   */
  acquire (): CircuitPermit {
    if (this.#open === undefined) return this.acquireAlways()
    const release = this.#open.until - this.#clock.monotonic()
    if (release > 0 || this.#probe !== undefined) throw withRetryAfter(this.#open.error, Math.max(release, 0) / 1000)
    this.#probe = this.acquireAlways()
    return this.#probe
  }

  /** Lets a question out whatever happened before. */
  acquireAlways (): CircuitPermit {
    return { generation: this.#generation }
  }

  /** The same for a question that has waited: much may have happened since it entered. */
  reacquire (permit: CircuitPermit): CircuitPermit {
    return permit.generation === this.#generation ? permit : this.acquire()
  }

  recordSuccess (permit: CircuitPermit): void {
    this.#failures = 0
    this.#openDuration = MIN_OPEN_MS
    // A server that asked to be left alone still answers what was under way.
    if (this.#open === undefined || (this.#open.isRequestedByServer && permit.generation !== this.#generation)) return
    this.#setState(undefined)
  }

  /** @returns whether it was the last of a series, which has opened the circuit */
  recordFailure (failure: CircuitFailure, permit: CircuitPermit): boolean {
    const isProbe = this.#probe === permit
    this.release(permit)
    const { error, backoff } = failure
    const outage = error.cause instanceof OutageError ? error.cause : undefined
    // What was on its way when the circuit opened or closed tells nothing new, unless it asks for more.
    const isCurrent = permit.generation === this.#generation
    if (backoff !== undefined) {
      if (isCurrent || outage !== undefined) this.#openFor(backoff, error, outage !== undefined)
      return false
    }
    // Nor does what strangers can bring about by what they send.
    if (!isCurrent || outage === undefined || outage.canBeCausedByCaller || this.isOpen) return false
    if (!this.#opensOnFailures) {
      if (isProbe) this.#setState(undefined)
      return false
    }
    if (++this.#failures < FAILURE_THRESHOLD && !isProbe) return false
    this.#openFor(this.#openDuration, error, false)
    this.#openDuration = Math.min(2 * this.#openDuration, MAX_OPEN_MS)
    return true
  }

  /** An exchange that ended before it told anything, such as one that never got its turn. */
  release (permit: CircuitPermit): void {
    if (this.#probe === permit) this.#probe = undefined
  }

  #openFor (milliseconds: number, error: ZitadelError, isRequestedByServer: boolean): void {
    const until = this.#clock.monotonic() + milliseconds
    // The longest that was asked for, where many answers ask at once.
    if (this.#open !== undefined && this.#open.until >= until) return
    this.#setState({ until, error, isRequestedByServer })
  }

  #setState (open: OpenState | undefined): void {
    const hasChanged = (this.#open === undefined) !== (open === undefined)
    this.#open = open
    this.#probe = undefined
    this.#generation++
    if (hasChanged) this.#onChange(open !== undefined)
  }
}

function withRetryAfter (error: ZitadelError, seconds: number): ZitadelError {
  const cause = error.cause as Error
  return cause instanceof OutageError ? createUnavailableError(cause, seconds) : createClientRejectedError(cause.message)
}
