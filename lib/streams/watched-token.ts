import type { FastifyRequest } from 'fastify'
import { getAccessContext, setAccessContext, replaceVerdict } from '../guard/checks/access-context.ts'
import type { ContextCheck } from '../guard/checks/context-check.ts'
import { toFraction } from '../verdicts/token-fraction.ts'
import type { Verdict } from '../verdicts/verdict.ts'

/** A request whose response goes on, such as a WebSocket. */
export interface Stream {
  readonly request: FastifyRequest
  /** Milliseconds after which the token is checked again. */
  readonly interval: number
  /** Called once, with what a new request would be denied with. */
  readonly end: (denial: Error) => void
}

/** While a process is cut off from the others, forgets do not arrive. */
export interface CutOff {
  /** Monotonic milliseconds. */
  readonly at: number
  /** Milliseconds after an introspection for which its verdict is used. */
  readonly maxAge: number
}

/** Milliseconds after which a recheck without a result is repeated. */
const RETRY_MS = 5000

/** The part of an interval over which rechecks are spread: tokens that came at the same time do not stay together. */
const SPREAD_FRACTION = 0.2
/** The latest recheck. What is left of the interval is for the timer, and for the turn of the recheck. */
const LATEST_FRACTION = 0.97

/** A token with open streams. */
export class WatchedToken {
  readonly key: string
  readonly token: string
  readonly #streams = new Set<Stream>()
  /** The shortest of all streams, or of streams that were removed. */
  #interval = Infinity
  /** Whether the stream with the shortest interval may have been removed. */
  #isIntervalOutdated = false
  /** The latest. */
  verdict: Verdict
  /** Whether the verdict was forgotten or doubted, or may have been forgotten in a gap, since the last recheck. */
  isOutdated = false
  /** Whether a recheck waits for its turn or runs. */
  isRechecking = false
  /** Monotonic milliseconds. */
  #notBefore = -Infinity
  readonly #part: number

  constructor (key: string, token: string, verdict: Verdict) {
    this.key = key
    this.token = token
    this.verdict = verdict
    // The same in all processes, so that one introspection serves all that share a cache.
    this.#part = LATEST_FRACTION - SPREAD_FRACTION * toFraction(key)
  }

  get streams (): ReadonlySet<Stream> { return this.#streams }

  add (stream: Stream): void {
    this.#streams.add(stream)
    this.#interval = Math.min(this.#interval, stream.interval)
  }

  /** @returns false if it was removed before */
  remove (stream: Stream): boolean {
    // The others are looked at when a recheck is due, because thousands of streams can be removed one after another.
    if (stream.interval === this.#interval) this.#isIntervalOutdated = true
    return this.#streams.delete(stream)
  }

  /**
   * Returns the monotonic milliseconds of the next recheck, or an earlier time. The age of the verdict counts, so that a
   * revocation is never noticed later than after one interval.
   *
   * @param cutOff undefined unless this process is cut off from the others
   */
  getRecheckAt (cutOff: CutOff | undefined): number {
    if (this.isRechecking) return Infinity
    const { askedAt } = this.verdict
    const dueAt = Math.min(askedAt + this.#interval * this.#part, cutOff === undefined ? Infinity : Math.max(askedAt, cutOff.at) + cutOff.maxAge * this.#part)
    return Math.max(this.isOutdated ? -Infinity : dueAt, this.#notBefore)
  }

  /** @param now monotonic milliseconds */
  isDue (now: number, cutOff: CutOff | undefined): boolean {
    if (this.getRecheckAt(cutOff) > now) return false
    if (!this.#isIntervalOutdated) return true
    this.#updateInterval()
    return this.getRecheckAt(cutOff) <= now
  }

  markOutdated (): void {
    this.isOutdated = true
    this.#notBefore = -Infinity
  }

  /** @param now monotonic milliseconds */
  postpone (now: number): void {
    this.#notBefore = now + Math.min(this.#interval, RETRY_MS)
  }

  /**
   * Ends the streams that the latest verdict denies. The requests of the other streams get that verdict.
   *
   * @param introspector what gave the verdict
   */
  checkStreams (check: ContextCheck, introspector: unknown): void {
    // A copy, because a callback can watch again. It can also cancel others.
    for (const stream of [...this.streams]) {
      const context = replaceVerdict(getAccessContext(stream.request)!, introspector, this.token, this.verdict)
      const denial = check(stream.request, context)
      if (denial === undefined) setAccessContext(stream.request, context)
      else if (this.streams.has(stream)) stream.end(denial)
    }
  }

  #updateInterval (): void {
    this.#isIntervalOutdated = false
    this.#interval = Infinity
    for (const { interval } of this.#streams) this.#interval = Math.min(this.#interval, interval)
  }
}
