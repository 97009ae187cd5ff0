import type { Clock } from '../clock.ts'
import { DropQueue } from './drop-queue.ts'
import { KnownTokens, type KnownToken } from './known-tokens.ts'
import { SubscriptionGaps } from './subscription-gap.ts'
import { VerdictPartitions, type VerdictBounds, type VerdictCounts } from './verdict-partitions.ts'
import type { NamedTarget, VerdictTarget } from '../zitadel/verdict-target.ts'
import type { Verdict } from './verdict.ts'

export interface CacheBounds extends VerdictBounds {
  /** Whether verdicts are cached at all. */
  readonly isEnabled: boolean
}

/** Verdicts by the hash of their token. Beside them it keeps which tokens were active, for longer and without their responses. */
export class VerdictCache {
  readonly #bounds: CacheBounds
  readonly #clock: Clock
  #verdicts: VerdictPartitions
  readonly #known: KnownTokens
  readonly #gaps: SubscriptionGaps
  readonly #drops = new DropQueue()

  constructor (bounds: CacheBounds, clock: Clock) {
    this.#bounds = bounds
    this.#clock = clock
    this.#verdicts = new VerdictPartitions(bounds, clock)
    this.#known = new KnownTokens(bounds.max)
    this.#gaps = new SubscriptionGaps(bounds.ttl)
  }

  /**
   * Returns a verdict that a decision can use.
   *
   * @param now monotonic milliseconds
   * @param maxAge milliseconds that the caller accepts at most
   */
  get (key: string, now: number, maxAge: number): Verdict | undefined {
    this.#drops.run(key)
    const verdict = this.#verdicts.get(key, now, maxAge)
    if (verdict === undefined || verdict.lastGap === this.#gaps.count) return verdict
    this.#gaps.apply(verdict, key)
    return undefined
  }

  /**
   * Keeps a verdict, unless a later one is known, or it is too large. Afterwards the token is known if the verdict is active, however
   * large it is.
   *
   * @param hadGap whether the verdict may have been forgotten in the last gap
   */
  set (key: string, verdict: Verdict, hadGap = false): void {
    verdict.lastGap = this.#gaps.count - (hadGap ? 1 : 0)
    if (this.getLatest(key) > verdict.askedAt) return
    this.setKnown(key, verdict, verdict.askedAt)
    if (this.#bounds.isEnabled) this.#verdicts.set(key, verdict)
  }

  get counts (): VerdictCounts {
    return this.#verdicts.counts
  }

  /** Returns a verdict of any age, also one that must be checked after a gap. */
  peek (key: string): Verdict | undefined {
    this.#drops.run(key)
    const verdict = this.#verdicts.peek(key)
    if (verdict !== undefined && verdict.lastGap !== this.#gaps.count) this.#gaps.apply(verdict, key)
    return verdict
  }

  /** Monotonic milliseconds: no response that was requested before may replace what is known of a token. */
  getLatest (key: string): number {
    return Math.max(this.peek(key)?.askedAt ?? -Infinity, this.#known.get(key)?.notBefore ?? -Infinity)
  }

  getKnown (key: string): KnownToken | undefined {
    this.#drops.run(key)
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
    this.#drops.run(key)
    if (granted === undefined) this.#known.delete(key)
    else this.#known.set(key, { notBefore, expiresAt, sub, jti })
  }

  /**
   * Drops verdicts. Their tokens become unknown.
   *
   * @param before monotonic milliseconds: what was asked for later stays
   * @returns the number of verdicts
   */
  forget (target: NamedTarget, before: number): number {
    return this.#drop(target, (key) => {
      if (this.getLatest(key) > before) return this.#verdicts.keepNames(key)
      this.#verdicts.delete(key)
      this.#known.delete(key)
    })
  }

  /**
   * Drops verdicts. Their tokens stay known.
   *
   * @param at monotonic milliseconds
   * @returns the number of verdicts
   */
  doubt (target: VerdictTarget, at: number): number {
    if (!('all' in target)) {
      return this.#drop(target, (key) => {
        this.#verdicts.delete(key)
        this.#known.postpone(key, at)
      })
    }
    const count = this.#count
    // A loop over all of them would block the process.
    this.#verdicts.close()
    this.#verdicts = new VerdictPartitions(this.#bounds, this.#clock)
    this.#known.postponeAll(at)
    return count
  }

  /**
   * Requires a check of all verdicts, because forgets of them may have been missed.
   *
   * @param at monotonic milliseconds
   * @param isCutOff whether the shared cache cannot be asked
   * @returns the number of verdicts
   */
  recordGap (at: number, isCutOff: boolean): number {
    this.#gaps.record(at, isCutOff)
    return this.#count
  }

  /** @returns the number of verdicts */
  #drop (target: NamedTarget, drop: (key: string) => void): number {
    const many = this.#verdicts.takeMany(target)
    if (many !== undefined) return this.#drops.add(many, drop)
    const keys = this.#verdicts.find(target)
    for (const key of keys) this.#drops.run(key)
    const count = this.#count
    for (const key of keys) drop(key)
    return count - this.#count
  }

  get #count (): number {
    const { activeVerdicts, inactiveVerdicts } = this.#verdicts.counts
    return activeVerdicts + inactiveVerdicts
  }
}
