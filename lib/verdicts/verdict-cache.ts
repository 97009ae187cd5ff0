import type { Clock } from '../clock.ts'
import { KnownTokens, type KnownToken } from './known-tokens.ts'
import { VerdictStore, type StoreBounds, type VerdictCounts } from './verdict-store.ts'
import type { VerdictTarget } from './verdict-target.ts'
import type { Verdict } from './verdict.ts'

export interface CacheBounds extends StoreBounds {
  /** Whether verdicts are cached at all. */
  readonly isEnabled: boolean
}

/** Verdicts by the hash of their token. Beside them it keeps which tokens were active, for longer and without their responses. */
export class VerdictCache {
  readonly #isEnabled: boolean
  readonly #verdicts: VerdictStore
  readonly #known: KnownTokens

  constructor (bounds: CacheBounds, clock: Clock) {
    this.#isEnabled = bounds.isEnabled
    this.#verdicts = new VerdictStore(bounds, clock)
    this.#known = new KnownTokens(bounds.max)
  }

  /**
   * Returns a verdict that a decision can use.
   *
   * @param now monotonic milliseconds
   * @param maxAge milliseconds that the caller accepts at most
   */
  get (key: string, now: number, maxAge: number): Verdict | undefined {
    return this.#verdicts.get(key, now, maxAge)
  }

  /** Keeps a verdict, unless one that was asked for later is known, or it is too large. Its token is known in any case. */
  set (key: string, verdict: Verdict): void {
    if (this.getLatest(key) > verdict.askedAt) return
    this.setKnown(key, verdict, verdict.askedAt)
    if (this.#isEnabled) this.#verdicts.set(key, verdict)
  }

  get counts (): VerdictCounts {
    return this.#verdicts.counts
  }

  /** Returns a verdict of any age, doubtful or not. */
  peek (key: string): Verdict | undefined {
    return this.#verdicts.peek(key)
  }

  /** Monotonic milliseconds: nothing that was asked for before may replace what is known of a token. */
  getLatest (key: string): number {
    return Math.max(this.peek(key)?.askedAt ?? -Infinity, this.#known.get(key)?.notBefore ?? -Infinity)
  }

  getKnown (key: string): KnownToken | undefined {
    return this.#known.get(key)
  }

  /** The `jti` of a token, also after its verdict was released. */
  getJti (key: string): string | undefined {
    return this.peek(key)?.jti ?? this.#known.get(key)?.jti
  }

  /**
   * Keeps whether a token was active, without its verdict.
   *
   * @param notBefore monotonic milliseconds
   */
  setKnown (key: string, { granted, expiresAt, sub, jti }: Verdict, notBefore: number): void {
    if (granted === undefined) this.#known.delete(key)
    else this.#known.set(key, { notBefore, expiresAt, sub, jti })
  }

  /**
   * Drops verdicts. Their tokens become unknown.
   *
   * @param before monotonic milliseconds: what was asked for later stays
   * @returns the number of verdicts
   */
  forget (target: VerdictTarget, before: number): number {
    const count = this.#count
    for (const key of this.#verdicts.find(target)) {
      if (this.getLatest(key) > before) continue
      this.#verdicts.delete(key)
      this.#known.delete(key)
    }
    return count - this.#count
  }

  /**
   * Drops verdicts. Their tokens stay known.
   *
   * @param at monotonic milliseconds
   * @returns the number of verdicts
   */
  doubt (target: VerdictTarget, at: number): number {
    const count = this.#count
    for (const key of this.#verdicts.find(target)) {
      this.#verdicts.delete(key)
      this.#known.postpone(key, at)
    }
    return count - this.#count
  }

  /** All verdicts, of any age. */
  entries (): Generator<[key: string, verdict: Verdict]> {
    return this.#verdicts.entries()
  }

  get #count (): number {
    const { activeVerdicts, inactiveVerdicts } = this.#verdicts.counts
    return activeVerdicts + inactiveVerdicts
  }
}
