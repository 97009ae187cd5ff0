import type { Clock } from '../clock.ts'
import { CachePartition } from './cache-partition.ts'
import { MAX_DROPS } from './drop-queue.ts'
import { MemberNames } from './member-names.ts'
import { ReleaseTimer } from './release-timer.ts'
import { VerdictIndex } from './verdict-index.ts'
import type { NamedTarget } from '../zitadel/verdict-target.ts'
import { weighVerdict } from './verdict-weight.ts'
import type { Verdict } from './verdict.ts'

/** The bounds of all partitions together. */
export interface VerdictBounds {
  /** Seconds for which an active verdict is used. */
  readonly ttl: number
  /** Seconds for which an inactive verdict is used. */
  readonly inactiveTtl: number
  /** Seconds past its ttl for which an active verdict may be used while ZITADEL cannot be reached. */
  readonly staleIfError: number
  /** The number of active verdicts that are kept. */
  readonly max: number
  /** The estimated bytes of all verdicts that are kept. */
  readonly maxBytes: number
}

/** The number and the estimated bytes of the verdicts that are kept, expired ones included. */
export interface VerdictCounts {
  readonly activeVerdicts: number
  readonly activeBytes: number
  readonly inactiveVerdicts: number
  readonly inactiveBytes: number
}

/** A verdict of more bytes is heavy. Most have 3 to 6 KB. */
const HEAVY_BYTES = 16_384

/** The parts of `maxBytes`. The rest is for ordinary active verdicts. */
const HEAVY_SHARE = 1 / 4
const INACTIVE_SHARE = 1 / 16

/** The part of `max` for heavy verdicts, and for inactive ones. */
const FEW_SHARE = 1 / 10

/** How many verdicts of a partition are released in one turn of the event loop: some milliseconds of work. */
const MAX_RELEASES = 1000

/**
 * Verdicts by the hash of their token, bounded by number and bytes. Inactive and heavy verdicts have bounds of
 * their own. So random tokens evict no active verdict, and users with much metadata evict no others.
 */
export class VerdictPartitions {
  readonly #ordinary: CachePartition
  readonly #heavy: CachePartition
  readonly #inactive: CachePartition
  readonly #partitions: readonly CachePartition[]
  readonly #names = new MemberNames()
  readonly #index = new VerdictIndex()
  /** Milliseconds after which no decision can use a verdict, nor one that was asked for before it. */
  readonly #lifetime: number
  readonly #clock: Clock
  readonly #timer = new ReleaseTimer(() => this.#release())

  constructor ({ ttl, inactiveTtl, staleIfError, max, maxBytes }: VerdictBounds, clock: Clock) {
    const few = Math.ceil(max * FEW_SHARE)
    const heavyBytes = Math.ceil(maxBytes * HEAVY_SHARE)
    const inactiveBytes = Math.ceil(maxBytes * INACTIVE_SHARE)
    const onRemove = (verdict: Verdict, key: string): void => this.#index.remove(verdict, key)
    this.#ordinary = new CachePartition({ max, maxBytes: Math.max(1, maxBytes - heavyBytes - inactiveBytes), ttl: ttl * 1000 }, onRemove)
    this.#heavy = new CachePartition({ max: few, maxBytes: heavyBytes, ttl: ttl * 1000 }, onRemove)
    this.#inactive = new CachePartition({ max: few, maxBytes: inactiveBytes, ttl: inactiveTtl * 1000 }, onRemove)
    this.#partitions = [this.#ordinary, this.#inactive, this.#heavy]
    this.#lifetime = (Math.max(ttl, inactiveTtl) + staleIfError) * 1000
    this.#clock = clock
  }

  /**
   * Returns a verdict that a decision can use.
   *
   * @param now monotonic milliseconds
   * @param maxAge milliseconds that the caller accepts at most
   */
  get (key: string, now: number, maxAge: number): Verdict | undefined {
    return this.#ordinary.get(key, now, maxAge) ?? this.#inactive.get(key, now, maxAge) ?? this.#heavy.get(key, now, maxAge)
  }

  /** Returns a verdict of any age, also one that must be checked after a gap. */
  peek (key: string): Verdict | undefined {
    return this.#ordinary.peek(key) ?? this.#inactive.peek(key) ?? this.#heavy.peek(key)
  }

  /** Keeps a verdict in place of an older one, unless it exceeds the bounds alone. */
  set (key: string, verdict: Verdict): void {
    this.delete(key)
    const bytes = weighVerdict(verdict, this.#names.registerName)
    const active = bytes > HEAVY_BYTES ? this.#heavy : this.#ordinary
    if (!(verdict.granted === undefined ? this.#inactive : active).set(key, verdict, bytes)) return
    this.#index.add(verdict, key)
    this.#timer.start(this.#lifetime)
  }

  delete (key: string): void {
    for (const partition of this.#partitions) partition.delete(key)
  }

  /** Finds the keys of the verdicts that a target applies to. */
  find (target: NamedTarget): readonly string[] {
    return this.#index.findTarget(target)
  }

  /** Removes the name of a target that very many verdicts carry, and returns their keys. They are not found by it any more. */
  takeMany (target: NamedTarget): Set<string> | undefined {
    return this.#index.takeMany(target, MAX_DROPS)
  }

  /** Lets a verdict that is kept be found by all of its names. */
  keepNames (key: string): void {
    const verdict = this.peek(key)
    if (verdict !== undefined) this.#index.add(verdict, key)
  }

  /** Ends the release of verdicts, so that a store that is not used any more is not kept in memory. */
  close (): void {
    this.#timer.close()
  }

  get counts (): VerdictCounts {
    return {
      activeVerdicts: this.#ordinary.count + this.#heavy.count,
      activeBytes: this.#ordinary.bytes + this.#heavy.bytes,
      inactiveVerdicts: this.#inactive.count,
      inactiveBytes: this.#inactive.bytes
    }
  }

  /** Removes verdicts that are of no use any more. Returns the milliseconds until the next ones are due; Infinity if none is left. */
  #release (): number {
    const now = this.#clock.monotonic()
    const oldest = this.#partitions.map((partition) => partition.release(now - this.#lifetime, MAX_RELEASES))
    return Math.min(...oldest) + this.#lifetime - now
  }
}
