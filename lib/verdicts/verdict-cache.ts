import { LRUCache } from 'lru-cache'
import { KnownTokens, type KnownToken } from './known-tokens.ts'
import { VerdictIndex } from './verdict-index.ts'
import type { VerdictTarget } from './verdict-target.ts'
import type { Verdict } from './verdict.ts'

export interface CacheBounds {
  /** Whether verdicts are cached at all. */
  readonly isEnabled: boolean
  /** Seconds for which an active verdict is used. */
  readonly ttl: number
  /** Seconds for which an inactive verdict is used. */
  readonly inactiveTtl: number
  /** The number of active verdicts that are kept. */
  readonly max: number
}

/**
 * Verdicts by the hash of their token. Inactive ones have a bound of their own, so that random tokens push out no active
 * verdict. Beside the verdicts it keeps which tokens were active, for longer and without their responses.
 */
export class VerdictCache {
  readonly #isEnabled: boolean
  readonly #active: CachePartition
  readonly #inactive: CachePartition
  readonly #index = new VerdictIndex()
  readonly #known: KnownTokens

  constructor ({ isEnabled, ttl, inactiveTtl, max }: CacheBounds) {
    this.#isEnabled = isEnabled
    this.#active = new CachePartition(max, ttl, this.#index)
    this.#inactive = new CachePartition(Math.ceil(max / 10), inactiveTtl, this.#index)
    this.#known = new KnownTokens(max)
  }

  /**
   * Returns a verdict that a decision can use.
   *
   * @param now monotonic milliseconds
   * @param maxAge milliseconds that the caller accepts at most
   */
  get (key: string, now: number, maxAge: number): Verdict | undefined {
    return this.#active.get(key, now, maxAge) ?? this.#inactive.get(key, now, maxAge)
  }

  /** Keeps a verdict, unless one that was asked for later is known. */
  set (key: string, verdict: Verdict): void {
    if (this.getLatest(key) > verdict.askedAt) return
    this.#delete(key)
    this.setKnown(key, verdict, verdict.askedAt)
    if (!this.#isEnabled) return
    const partition = verdict.granted === undefined ? this.#inactive : this.#active
    partition.verdicts.set(key, verdict)
    this.#index.add(verdict, key)
  }

  /** The number of active verdicts that are kept, expired ones included. */
  get activeCount (): number {
    return this.#active.verdicts.size
  }

  get inactiveCount (): number {
    return this.#inactive.verdicts.size
  }

  /** Returns a verdict of any age, doubtful or not. */
  peek (key: string): Verdict | undefined {
    return this.#active.verdicts.peek(key) ?? this.#inactive.verdicts.peek(key)
  }

  /** Monotonic milliseconds: nothing that was asked for before may replace what is known of a token. */
  getLatest (key: string): number {
    return Math.max(this.peek(key)?.askedAt ?? -Infinity, this.#known.get(key)?.notBefore ?? -Infinity)
  }

  getKnown (key: string): KnownToken | undefined {
    return this.#known.get(key)
  }

  /**
   * Keeps whether a token was active, without its verdict.
   *
   * @param notBefore monotonic milliseconds
   */
  setKnown (key: string, { granted, expiresAt, sub }: Verdict, notBefore: number): void {
    if (granted === undefined) this.#known.delete(key)
    else this.#known.set(key, { notBefore, expiresAt, sub })
  }

  /**
   * Drops verdicts. Their tokens become unknown.
   *
   * @param before monotonic milliseconds: what was asked for later stays
   * @returns the number of verdicts
   */
  forget (target: VerdictTarget, before: number): number {
    const count = this.#count
    for (const key of this.#find(target)) {
      if (this.getLatest(key) > before) continue
      this.#delete(key)
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
    for (const key of this.#find(target)) {
      this.#delete(key)
      this.#known.postpone(key, at)
    }
    return count - this.#count
  }

  /** All verdicts, of any age. */
  * entries (): Generator<[key: string, verdict: Verdict]> {
    yield * this.#active.verdicts.entries()
    yield * this.#inactive.verdicts.entries()
  }

  get #count (): number {
    return this.activeCount + this.inactiveCount
  }

  #delete (key: string): void {
    this.#active.verdicts.delete(key)
    this.#inactive.verdicts.delete(key)
  }

  #find (target: VerdictTarget): Iterable<string> {
    return this.#index.findTarget(target) ?? Array.from(this.entries(), ([key]) => key)
  }
}

class CachePartition {
  readonly verdicts: LRUCache<string, Verdict>
  readonly #ttl: number

  constructor (max: number, ttl: number, index: VerdictIndex) {
    this.verdicts = new LRUCache({ max, dispose: (verdict, key) => index.remove(verdict, key) })
    this.#ttl = ttl * 1000
  }

  get (key: string, now: number, maxAge: number): Verdict | undefined {
    const verdict = this.verdicts.get(key)
    // A verdict that is too old for this caller may be good enough for the next.
    return verdict !== undefined && now - verdict.askedAt < Math.min(this.#ttl, maxAge) && now < verdict.trustedUntil ? verdict : undefined
  }
}
