import type { ZitadelError } from '../errors.ts'
import { OutageError, createClientRejectedError, createUnavailableError, type RejectionError } from '../failures.ts'
import type { Clock } from '../clock.ts'

/** An exchange that ended without an introspection response. */
export interface CircuitFailure {
  readonly error: ZitadelError
  /** Milliseconds for which no request should be sent; undefined if only a series of such failures opens the circuit. */
  readonly backoff?: number | undefined
}

/** The permission to send one request. */
export interface CircuitPermit {
  /** The number of state changes of the circuit before it. */
  readonly generation: number
}

interface OpenState {
  /** Monotonic milliseconds. */
  readonly until: number
  readonly error: ZitadelError
  /** Whether the server requested the wait. */
  readonly isRequestedByServer: boolean
}

/** Failures in a row after which a server counts as down. A restart or single bad requests cause fewer. */
const FAILURE_THRESHOLD = 5
/** Milliseconds for which the circuit is open first. */
const MIN_OPEN_MS = 500
/** Milliseconds from the start of a probe that fails to the next one: requests are served at most 1 s after the server responds again. */
const MAX_OPEN_MS = 1000
/** If a probe has no result after this time, another may be sent: the first one can hang on a broken connection. */
const PROBE_INTERVAL_MS = 1000

/**
 * Circuit breaker. While open, requests fail at once. After the open period one request, the probe, is sent; its result closes
 * or reopens the circuit.
 *
 * Not a package, because the existing ones measure with the wall clock: if it is set back an hour, they stay open for an hour.
 */
export class CircuitBreaker {
  readonly #clock: Clock
  readonly #opensOnFailures: boolean
  readonly #onChange: (isOpen: boolean) => void
  #generation = 0
  #failures = 0
  #openDuration = MIN_OPEN_MS
  #open: OpenState | undefined
  /** The latest probe. */
  #probe: CircuitPermit | undefined
  #probedAt = 0

  /**
   * @param opensOnFailures whether a series of failures opens the circuit; a backoff always does
   * @param onChange called when the circuit has opened or closed
   */
  constructor (opensOnFailures: boolean, clock: Clock, onChange: (isOpen: boolean) => void = () => {}) {
    this.#opensOnFailures = opensOnFailures
    this.#onChange = onChange
    this.#clock = clock
  }

  /** Whether requests fail at once at this moment. */
  get isOpen (): boolean {
    return this.#open !== undefined && this.#clock.monotonic() < this.#open.until
  }

  /** False from the moment when the circuit opens until a probe has succeeded. */
  get isClosed (): boolean {
    return this.#open === undefined
  }

  /**
   * Permits a request.
   *
   * @throws ZitadelError the failure that opened the circuit, with the remaining time as `retry-after`
   */
  acquire (): CircuitPermit {
    if (this.#open === undefined) return this.acquireAlways()
    const now = this.#clock.monotonic()
    const remaining = this.#open.until - now
    if (remaining > 0 || (this.#probe !== undefined && now - this.#probedAt < PROBE_INTERVAL_MS)) throw withRetryAfter(this.#open.error, Math.max(remaining, 0) / 1000)
    this.#probe = this.acquireAlways()
    this.#probedAt = now
    return this.#probe
  }

  /** Permits a request in any state. */
  acquireAlways (): CircuitPermit {
    return { generation: this.#generation }
  }

  /** Permits a request that was in a queue. The state can have changed meanwhile. @throws ZitadelError as `acquire` does */
  reacquire (permit: CircuitPermit): CircuitPermit {
    return permit.generation === this.#generation ? permit : this.acquire()
  }

  recordSuccess (permit: CircuitPermit): void {
    this.#failures = 0
    this.#openDuration = MIN_OPEN_MS
    // A server that requested a wait still responds to requests that were sent before.
    if (this.#open === undefined || (this.#open.isRequestedByServer && permit.generation !== this.#generation)) return
    this.#setState(undefined)
  }

  /** @returns whether it was the last one of a series, which opened the circuit */
  recordFailure (failure: CircuitFailure, permit: CircuitPermit): boolean {
    const isProbe = this.#probe === permit
    this.release(permit)
    const { error, backoff } = failure
    const outage = error.cause instanceof OutageError ? error.cause : undefined
    // Results of requests that were sent before the last state change are ignored, except a server's request to wait longer.
    const isCurrent = permit.generation === this.#generation
    if (backoff !== undefined) {
      if (isCurrent || outage !== undefined) this.#openFor(backoff, error, outage !== undefined)
      return false
    }
    // Failures that callers can cause are no sign of the state of the server.
    if (!isCurrent || outage === undefined || outage.canBeCausedByCaller) return false
    // While the circuit is open, only the latest probe counts.
    if (this.#open !== undefined && !isProbe) return false
    if (!this.#opensOnFailures) {
      if (isProbe) this.#setState(undefined)
      return false
    }
    if (++this.#failures < FAILURE_THRESHOLD && !isProbe) return false
    // The period counts from the start of the probe. Otherwise a probe that a short timeout ended would double the time until the next.
    this.#openFor(this.#openDuration - (isProbe ? this.#clock.monotonic() - this.#probedAt : 0), error, false)
    this.#openDuration = Math.min(2 * this.#openDuration, MAX_OPEN_MS)
    return true
  }

  /** Ends a permit without a result, such as that of a request that never left the queue. */
  release (permit: CircuitPermit): void {
    if (this.#probe === permit) this.#probe = undefined
  }

  #openFor (milliseconds: number, error: ZitadelError, isRequestedByServer: boolean): void {
    const until = this.#clock.monotonic() + milliseconds
    // If several responses request a wait, the longest counts.
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
  const cause = error.cause as OutageError | RejectionError
  return cause instanceof OutageError ? createUnavailableError(cause, seconds) : createClientRejectedError(cause)
}
