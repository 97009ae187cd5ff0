import { LRUCache } from 'lru-cache'
import type { Verdict } from './verdict.ts'

export interface PartitionBounds {
  /** The number of verdicts. */
  readonly max: number
  readonly maxBytes: number
  /** Milliseconds for which a verdict is used. */
  readonly ttl: number
}

/** Verdicts with a bound of their own, of which the least recently used one is removed if there are too many. Uses in the same second count as one. */
export class CachePartition {
  readonly #verdicts: LRUCache<string, Verdict>
  readonly #max: number
  readonly #ttl: number

  /** @param onRemove called for each verdict that is removed, for any reason */
  constructor ({ max, maxBytes, ttl }: PartitionBounds, onRemove: (verdict: Verdict, key: string) => void) {
    // Without `max`, lru-cache allocates nothing for verdicts that may never come.
    this.#verdicts = new LRUCache({ maxSize: maxBytes, dispose: onRemove })
    this.#max = max
    this.#ttl = ttl
  }

  /** The number of verdicts, expired ones included. */
  get count (): number {
    return this.#verdicts.size
  }

  get bytes (): number {
    return this.#verdicts.calculatedSize
  }

  /**
   * Returns a verdict that a decision can use.
   *
   * @param now monotonic milliseconds
   * @param maxAge milliseconds that the caller accepts at most
   */
  get (key: string, now: number, maxAge: number): Verdict | undefined {
    const verdict = this.#verdicts.peek(key)
    if (verdict === undefined) return undefined
    // A change of the order writes to five places in memory, and costs more than the lookup.
    const second = Math.floor(now / 1000)
    if (verdict.usedIn !== second) {
      verdict.usedIn = second
      this.#verdicts.get(key)
    }
    const age = now - verdict.askedAt
    // A verdict that is too old for this caller may be good enough for the next. A negative age comes from
    // fake timers, and would be young enough for any route.
    return age >= 0 && age < Math.min(this.#ttl, maxAge) && (verdict.gapCheck === undefined || now < verdict.gapCheck.trustedUntil) ? verdict : undefined
  }

  /** Returns a verdict of any age, also one that must be checked after a gap. */
  peek (key: string): Verdict | undefined {
    return this.#verdicts.peek(key)
  }

  /** Returns false, and keeps nothing, if the verdict alone exceeds the bound. */
  set (key: string, verdict: Verdict, bytes: number): boolean {
    if (bytes > this.#verdicts.maxSize) return false
    this.#verdicts.set(key, verdict, { size: bytes })
    if (this.#verdicts.size > this.#max) this.#verdicts.pop()
    return true
  }

  delete (key: string): void {
    this.#verdicts.delete(key)
  }

  /**
   * Removes verdicts that were asked for until a time, the least recently used first, and ends at the first that was asked
   * for later. What was asked for before that one, but used after it, is removed in a later run.
   *
   * @param before monotonic milliseconds
   * @param limit how many to remove at most
   * @returns the monotonic milliseconds at which the least recently used verdict was asked for; Infinity if none is left
   */
  release (before: number, limit: number): number {
    let oldest = this.#getOldest()
    for (let removed = 0; removed < limit && oldest !== undefined && oldest.askedAt <= before; removed++) {
      this.#verdicts.pop()
      oldest = this.#getOldest()
    }
    return oldest?.askedAt ?? Infinity
  }

  /** Returns the least recently used verdict. */
  #getOldest (): Verdict | undefined {
    const { value } = this.#verdicts.rvalues().next() as { value: Verdict | undefined }
    return value
  }
}
