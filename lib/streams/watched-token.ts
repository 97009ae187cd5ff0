import type { FastifyRequest } from 'fastify'
import { getAccessContext, setAccessContext, withVerdict } from '../guard/access-context.ts'
import type { ContextCheck } from '../guard/context-check.ts'
import { toFraction } from '../verdicts/subscription-gap.ts'
import type { Verdict } from '../verdicts/verdict.ts'

/** A request whose response goes on, such as a WebSocket. */
export interface Stream {
  readonly request: FastifyRequest
  /** Milliseconds after which the token is checked again. */
  readonly interval: number
  /** Called once, with what a new request would be denied with. */
  readonly end: (denial: Error) => void
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
  /** The shortest of all streams. */
  #interval = Infinity
  /** The latest. */
  verdict: Verdict
  /** Whether the verdict was forgotten or doubted. */
  isDoubtful = false
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
    if (!this.#streams.delete(stream)) return false
    let shortest = Infinity
    for (const { interval } of this.#streams) {
      shortest = Math.min(shortest, interval)
      // Thousands of streams can have the same token and interval.
      if (shortest === this.#interval) break
    }
    this.#interval = shortest
    return true
  }

  /** Monotonic milliseconds. The age of the verdict counts, so that a revocation is never noticed later than after one interval. */
  get recheckAt (): number {
    if (this.isRechecking) return Infinity
    const dueAt = this.isDoubtful ? -Infinity : this.verdict.askedAt + this.#interval * this.#part
    return Math.max(dueAt, this.#notBefore)
  }

  doubt (): void {
    this.isDoubtful = true
    this.#notBefore = -Infinity
  }

  /** @param now monotonic milliseconds */
  postpone (now: number): void {
    this.#notBefore = now + Math.min(this.#interval, RETRY_MS)
  }

  /** Ends the streams that the latest verdict denies. The requests of the others get it. */
  checkStreams (check: ContextCheck): void {
    // A copy, because a callback can watch again. It can also cancel others.
    for (const stream of [...this.streams]) {
      const context = withVerdict(getAccessContext(stream.request)!, this.token, this.verdict)
      const denial = check(stream.request, context)
      if (denial === undefined) setAccessContext(stream.request, context)
      else if (this.streams.has(stream)) stream.end(denial)
    }
  }
}
