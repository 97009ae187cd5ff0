import { LRUCache } from 'lru-cache'
import type { Verdict } from './verdict.ts'

export interface CacheBounds {
  /** Seconds for which a verdict that lets somebody in is believed. */
  readonly ttl: number
  /** Seconds for which any other is. */
  readonly inactiveTtl: number
  /** How many of the first kind are kept. */
  readonly max: number
}

/** Whether a verdict is meant by a `forget`. */
export type VerdictMatcher = (verdict: Verdict, key: string) => boolean

/**
 * Verdicts by the hash of their token. Those that let nobody in have a bound of their own, so that strangers who try one
 * random token after the other push out no one but each other.
 */
export class VerdictCache {
  readonly #active: CachePartition
  readonly #inactive: CachePartition

  constructor ({ ttl, inactiveTtl, max }: CacheBounds) {
    this.#active = new CachePartition(max, ttl)
    this.#inactive = new CachePartition(Math.ceil(max / 10), inactiveTtl)
  }

  /**
   * @param now monotonic milliseconds
   * @param maxAge milliseconds that the caller accepts at most
   */
  get (key: string, now: number, maxAge: number): Verdict | undefined {
    return this.#active.get(key, now, maxAge) ?? this.#inactive.get(key, now, maxAge)
  }

  /** Keeps a verdict, unless one that was asked for later is known. */
  set (key: string, verdict: Verdict): void {
    const known = this.peek(key)
    if (known !== undefined && known.askedAt > verdict.askedAt) return
    this.delete(key)
    const partition = verdict.granted === undefined ? this.#inactive : this.#active
    partition.verdicts.set(key, verdict)
  }

  /** The number of active verdicts that are kept, expired ones included. */
  get activeCount (): number {
    return this.#active.verdicts.size
  }

  get inactiveCount (): number {
    return this.#inactive.verdicts.size
  }

  peek (key: string): Verdict | undefined {
    return this.#active.verdicts.peek(key) ?? this.#inactive.verdicts.peek(key)
  }

  delete (key: string): void {
    this.#active.verdicts.delete(key)
    this.#inactive.verdicts.delete(key)
  }

  forget (matches: VerdictMatcher): void {
    for (const { verdicts } of [this.#active, this.#inactive]) {
      for (const [key, verdict] of [...verdicts.entries()]) if (matches(verdict, key)) verdicts.delete(key)
    }
  }
}

class CachePartition {
  readonly verdicts: LRUCache<string, Verdict>
  readonly #ttl: number

  constructor (max: number, ttl: number) {
    this.verdicts = new LRUCache({ max })
    this.#ttl = ttl * 1000
  }

  get (key: string, now: number, maxAge: number): Verdict | undefined {
    const verdict = this.verdicts.get(key)
    // Too old for this caller may still be good for the next: only the bound removes.
    return verdict !== undefined && now - verdict.askedAt < Math.min(this.#ttl, maxAge) ? verdict : undefined
  }
}
