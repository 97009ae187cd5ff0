import { MAX_TOKEN_LENGTH } from '../oauth/bearer.ts'
import { hashToken } from '../oauth/token-hash.ts'
import { VerdictCache, type CacheBounds } from './verdict-cache.ts'
import type { VerdictCounts } from './verdict-partitions.ts'
import type { Introspect } from '../client/introspection-client.ts'
import type { Clock } from '../clock.ts'
import type { DoubtTarget } from '../zitadel/verdict-target.ts'
import { Forgetter, type OnForget } from './forgetter.ts'
import { REFRESH_AHEAD, countUse } from './refresh-ahead.ts'
import { isOutage, toStaleVerdict } from './stale-verdict.ts'
import { VerdictLoader, type VerdictLoaderOptions } from './verdict-loader.ts'
import type { Forgettable } from './verdict-names.ts'
import type { VerdictRules, Verdict } from './verdict.ts'

export interface IntrospectorOptions extends CacheBounds, VerdictLoaderOptions {
  /** Whether ZITADEL is asked again about tokens in use before their ttl ends. */
  readonly refreshAhead: boolean
  /** Called when a verdict is used past its ttl. */
  readonly onStale: () => void
  /** Called when verdicts are dropped before their ttl ends. */
  readonly onForget?: OnForget | undefined
}

/** Gets the verdict on a token: from the cache, or by one introspection for all requests that wait for it. */
export class Introspector {
  readonly #options: IntrospectorOptions
  readonly #clock: Clock
  readonly #cache: VerdictCache
  readonly #loader: VerdictLoader
  readonly #forgetter: Forgetter
  readonly #refreshAfter: number
  #refreshing = 0

  constructor (introspect: Introspect, rules: VerdictRules, options: IntrospectorOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#cache = new VerdictCache(options, clock)
    this.#loader = new VerdictLoader(introspect, rules, this.#cache, options, clock)
    this.#forgetter = new Forgetter(this.#cache, this.#loader, options.sharedCache, options.onForget)
    this.#refreshAfter = options.refreshAhead ? options.ttl * 1000 * REFRESH_AHEAD.after : Infinity
  }

  /**
   * Returns the cached verdict.
   *
   * @param maxAge milliseconds since ZITADEL was asked, at most
   * @param now monotonic milliseconds
   */
  getCached (token: string, maxAge: number, now: number = this.#clock.monotonic()): Verdict | undefined {
    // Before the hash, because a token can come from a place that has no bound.
    if (!this.#options.isEnabled || token.length > MAX_TOKEN_LENGTH) return undefined
    const key = hashToken(token)
    const verdict = this.#cache.get(key, now, maxAge)
    if (verdict !== undefined && countUse(verdict) && now - verdict.askedAt >= this.#refreshAfter) this.#refresh(key, token, verdict)
    return verdict
  }

  get counts (): VerdictCounts {
    return this.#cache.counts
  }

  /**
   * Whether a verdict that allowed a request is too old by now, because its body took long, or was forgotten or doubted
   * meanwhile.
   *
   * @param maxAge milliseconds that the route accepts
   * @param grace milliseconds by which the verdict may be older
   * @param now monotonic milliseconds
   */
  isOutdated (token: string, verdict: Verdict, maxAge: number, grace: number, now: number = this.#clock.monotonic()): boolean {
    const { ttl, staleIfError } = this.#options
    const trusted = verdict.granted?.token.stale === true ? ttl + staleIfError : ttl
    if (now - verdict.askedAt >= Math.min(trusted * 1000, maxAge) + grace) return true
    return this.isPossiblyOutdated(verdict) && this.getCached(token, Infinity, now) !== verdict
  }

  /** Whether anything was forgotten or doubted, or there was a gap, after ZITADEL was asked. It may have been another token. */
  isPossiblyOutdated (verdict: Verdict): boolean {
    return verdict.askedAt <= this.#loader.lastOutdatedAt
  }

  /**
   * Returns a verdict from the cache, or introspects. A request joins an introspection that was not sent yet, or that was
   * sent no longer ago than the request accepts.
   *
   * @param maxAge milliseconds since ZITADEL was asked, at most
   * @throws ZitadelError as {@link Introspect} does; failures are not cached
   */
  async getVerdict (token: string, maxAge: number = Infinity): Promise<Verdict> {
    const key = hashToken(token)
    const now = this.#clock.monotonic()
    const accepted = this.#options.isEnabled ? maxAge : 0
    const cached = this.#cache.get(key, now, accepted)
    if (cached !== undefined) return cached
    const pending = this.#loader.getPending(key)
    const canJoin = pending !== undefined && (pending.sentAt === undefined ? pending.maxAge <= accepted : now - pending.sentAt < Math.min(accepted, this.#options.ttl * 1000))
    if (canJoin) pending.joined++
    try {
      return await (canJoin ? pending : this.#loader.load(key, token, accepted)).verdict
    } catch (error) {
      const stale = accepted === Infinity && isOutage(error) ? this.#getStale(key) : undefined
      if (stale === undefined) throw error
      return stale
    }
  }

  /** Drops verdicts, also those that are in flight, in all processes. Their tokens are unknown afterwards. */
  async forget (what: Forgettable): Promise<void> {
    await this.#forgetter.forget(what)
  }

  /**
   * Drops verdicts, also those that are in flight, so that ZITADEL is asked again: at once in this process, soon in the
   * others. They are not used past their ttl either. Unlike after {@link Introspector.forget}, their tokens stay known: they
   * keep their share in the limits, and an inactive response is confirmed by a second.
   */
  doubt (target: DoubtTarget, source: 'event' | 'logout' = 'event'): void {
    this.#forgetter.doubt(target, source)
  }

  /** Sends to the other processes what they do not know yet. */
  async close (): Promise<void> {
    await this.#forgetter.close()
  }

  /** Introspects in the background. A failure is not reported: the next request tries again. */
  #refresh (key: string, token: string, verdict: Verdict): void {
    if (this.#refreshing >= REFRESH_AHEAD.atOnce || this.#loader.getPending(key) !== undefined || verdict.granted === undefined || this.#clock.wall() >= verdict.expiresAt) return
    // It is refreshed once: no further use makes it due.
    verdict.hits = -Infinity
    this.#refreshing++
    this.#loader.load(key, token, this.#refreshAfter / 2).verdict.catch(() => {}).finally(() => { this.#refreshing-- })
  }

  #getStale (key: string): Verdict | undefined {
    const { ttl, staleIfError, onStale } = this.#options
    const stale = staleIfError === 0 ? undefined : toStaleVerdict(this.#cache.peek(key), (ttl + staleIfError) * 1000, this.#clock.monotonic())
    if (stale !== undefined) onStale()
    return stale
  }
}
