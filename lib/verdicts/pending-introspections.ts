import type { VerdictMatcher } from './verdict-cache.ts'
import type { Verdict } from './verdict.ts'

/** An introspection in the air. */
export interface PendingIntrospection {
  readonly verdict: Promise<Verdict>
  /** Milliseconds: no older answer is taken from the fleet. */
  readonly maxAge: number
  /** Monotonic milliseconds; undefined until the token has left. */
  sentAt: number | undefined
  /** What was forgotten meanwhile, and when by the monotonic clock. */
  readonly forgotten: Array<{ readonly matches: VerdictMatcher, readonly at: number, readonly exceptShared: boolean }>
}

/** What is being asked for at this moment: the latest introspection of each token can be joined, all must hear of forgets. */
export class PendingIntrospections {
  readonly #latest = new Map<string, PendingIntrospection>()
  readonly #inFlight = new Set<PendingIntrospection>()

  getLatest (key: string): PendingIntrospection | undefined {
    return this.#latest.get(key)
  }

  start (key: string, maxAge: number, run: (flight: PendingIntrospection) => Promise<Verdict>): PendingIntrospection {
    const pending: { -readonly [K in keyof PendingIntrospection]: PendingIntrospection[K] } = { verdict: undefined as never, maxAge, sentAt: undefined, forgotten: [] }
    this.#latest.set(key, pending)
    this.#inFlight.add(pending)
    pending.verdict = run(pending).finally(() => {
      this.#inFlight.delete(pending)
      if (this.#latest.get(key) === pending) this.#latest.delete(key)
    })
    return pending
  }

  /**
   * @param at monotonic milliseconds: only what was asked for until then is meant
   * @param exceptShared whether what the fleet says is spared: it was held against all that was forgotten
   */
  forget (matches: VerdictMatcher, at: number, exceptShared = false): void {
    for (const { forgotten } of this.#inFlight) forgotten.push({ matches, at, exceptShared })
  }
}

/** Whether what arrives was forgotten while it was on its way. */
export function isForgotten ({ forgotten, sentAt }: PendingIntrospection, verdict: Verdict, key: string): boolean {
  return forgotten.some(({ matches, at, exceptShared }) => at >= verdict.askedAt && (sentAt !== undefined || !exceptShared) && matches(verdict, key))
}
