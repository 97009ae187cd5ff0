import { getCutOffAge } from '../shared-cache/cut-off-age.ts'
import { toFraction } from './token-fraction.ts'
import type { Verdict } from './verdict.ts'

/** Milliseconds in which ZITADEL is asked again about all tokens after forgets may have been missed; less if ttl is short. */
const SPREAD_MS = 15_000

interface Gap {
  /** Monotonic milliseconds. */
  readonly at: number
  readonly isCutOff: boolean
}

/**
 * The gaps in the messages of other processes. After a gap all verdicts must be checked, each when it is read: a loop over all of
 * them would block the process.
 */
export class SubscriptionGaps {
  /** Seconds. */
  readonly #ttl: number
  /** In their order: those of the last seconds, and the one before them. */
  readonly #gaps: Gap[] = []
  #count = 0

  /** @param ttl seconds for which an active verdict is used */
  constructor (ttl: number) {
    this.#ttl = ttl
  }

  /** The number of all gaps. */
  get count (): number {
    return this.#count
  }

  /**
   * @param at monotonic milliseconds
   * @param isCutOff whether the shared cache cannot be asked
   */
  record (at: number, isCutOff: boolean): void {
    // The gaps of the last SPREAD_MS are kept, and one older gap: a verdict that missed any older one is not used any more.
    this.#gaps.splice(0, this.#gaps.findLastIndex((gap) => gap.at < at - SPREAD_MS))
    this.#gaps.push({ at, isCutOff })
    this.#count++
  }

  /** Requires a check of a verdict because of the gaps since it was last read. The first of each kind is the strictest. */
  apply (verdict: Verdict, key: string): void {
    const missed = this.#gaps.slice(-(this.#count - verdict.lastGap))
    for (const isCutOff of [false, true]) {
      const gap = missed.find((gap) => gap.isCutOff === isCutOff)
      if (gap !== undefined) requireGapCheck(verdict, key, gap.at, this.#ttl, isCutOff)
    }
    verdict.lastGap = this.#count
  }
}

/**
 * Requires a check of a verdict, because a forget of it may have been missed. Until its part of the spread is over, it can be
 * used if the shared cache shows that it was not forgotten: if ZITADEL were asked about all tokens at once, known callers
 * would wait too long. All processes ask about a token at the same time, so that one introspection serves all.
 *
 * @param key SHA-256, one character for each byte
 * @param at monotonic milliseconds
 * @param ttl seconds
 * @param isCutOff whether the shared cache cannot be asked. Then the verdict is used up to a lower age
 */
export function requireGapCheck (verdict: Verdict, key: string, at: number, ttl: number, isCutOff: boolean): void {
  const spread = isCutOff ? getCutOffAge(ttl) : Math.min(ttl * 1000 / 2, SPREAD_MS)
  const end = isCutOff && verdict.askedAt + spread > at ? verdict.askedAt + spread : at + getDelay(toFraction(key), spread, ttl * 1000)
  // A later gap does not lengthen the time in which a verdict can be used.
  verdict.gapCheck = { trustedUntil: -Infinity, confirmableUntil: Math.min(verdict.gapCheck?.confirmableUntil ?? Infinity, end), isConfirmed: false }
}

/**
 * Verdicts also end by their ttl in this time, most of them early, because a verdict is renewed only once. More verdicts get a
 * late end, so that the introspections for both reasons have an even rate: the fraction of verdicts that have neither ended by
 * `delay` nor by their ttl is `(1 - fraction) * (1 - delay / ttl)`, and it must be `1 - delay / spread`.
 *
 * @returns milliseconds, from 0 to `spread`
 */
function getDelay (fraction: number, spread: number, ttl: number): number {
  return fraction / (1 / spread - (1 - fraction) / ttl)
}
