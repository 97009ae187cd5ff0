import type { Matches } from './verdict-cache.ts'
import type { Verdict } from './verdict.ts'

/** An introspection in the air. */
export interface Flight {
  readonly verdict: Promise<Verdict>
  /** Milliseconds: no older answer is taken from the fleet. */
  readonly maxAge: number
  /** Monotonic milliseconds; undefined until the token has left. */
  sentAt: number | undefined
  /** What was forgotten meanwhile, and when by the monotonic clock. */
  readonly forgotten: Array<{ readonly matches: Matches, readonly at: number, readonly askedOnly: boolean }>
}

/** What is being asked for at this moment: the latest introspection of each token can be joined, all must hear of forgets. */
export class Flights {
  readonly #latest = new Map<string, Flight>()
  readonly #inTheAir = new Set<Flight>()

  latest (key: string): Flight | undefined {
    return this.#latest.get(key)
  }

  launch (key: string, maxAge: number, fly: (flight: Flight) => Promise<Verdict>): Flight {
    const open: { -readonly [K in keyof Flight]: Flight[K] } = { verdict: undefined as never, maxAge, sentAt: undefined, forgotten: [] }
    this.#latest.set(key, open)
    this.#inTheAir.add(open)
    open.verdict = fly(open).finally(() => {
      this.#inTheAir.delete(open)
      if (this.#latest.get(key) === open) this.#latest.delete(key)
    })
    return open
  }

  /**
   * @param at monotonic milliseconds: only what was asked for until then is meant
   * @param askedOnly whether what the fleet says is spared: it was held against all that was forgotten
   */
  forget (matches: Matches, at: number, askedOnly = false): void {
    for (const { forgotten } of this.#inTheAir) forgotten.push({ matches, at, askedOnly })
  }
}

/** Whether what arrives was forgotten while it was on its way. */
export function wasForgotten ({ forgotten, sentAt }: Flight, verdict: Verdict, key: string): boolean {
  return forgotten.some(({ matches, at, askedOnly }) => at >= verdict.askedAt && (sentAt !== undefined || !askedOnly) && matches(verdict, key))
}
