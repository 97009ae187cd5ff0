import { hash } from 'node:crypto'
import { OutageError } from '../errors.ts'
import { VerdictCache, type CacheBounds } from './verdict-cache.ts'
import type { Introspect } from '../client/introspection-client.ts'
import type { Clock } from '../clock.ts'
import { createForgetMatcher, type Forgettable } from './forget-target.ts'
import { VerdictLoader, type VerdictLoaderOptions } from './verdict-loader.ts'
import type { ForgetEvent } from '../shared-cache/forget-messages.ts'
import type { VerdictRules, Verdict } from './verdict.ts'

export interface IntrospectorOptions extends CacheBounds, VerdictLoaderOptions {
  /** Whether verdicts are remembered at all. */
  readonly isCacheEnabled: boolean
  /** Whether busy tokens are asked about again before their ttl ends. */
  readonly refreshAhead: boolean
  /** Seconds past its ttl for which an active verdict may be used while ZITADEL cannot be reached. */
  readonly staleIfError: number
  /** Told when that happens. */
  readonly onStale: () => void
}

/** The part of its ttl after which a busy verdict is asked for again, the uses that make it busy, and how many may be under way. */
const REFRESH_AHEAD = { after: 0.8, uses: 3, atOnce: 8 }

/** How long the body of a request may take until ZITADEL is asked again: long enough for ordinary uploads. */
const BODY_GRACE_MS = 5000

/** From a token to a verdict: remembered, or asked for once however many wait for it. */
export class Introspector {
  readonly #options: IntrospectorOptions
  readonly #clock: Clock
  readonly #cache: VerdictCache
  readonly #loader: VerdictLoader
  readonly #refreshAfter: number
  #refreshing = 0

  constructor (introspect: Introspect, rules: VerdictRules, options: IntrospectorOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#cache = new VerdictCache(options)
    this.#loader = new VerdictLoader(introspect, rules, this.#cache, options, clock)
    options.fleet?.onForget((event) => this.#handleForgetEvent(event))
    this.#refreshAfter = options.refreshAhead ? options.ttl * 1000 * REFRESH_AHEAD.after : Infinity
  }

  /**
   * The remembered verdict, without waiting.
   *
   * @param maxAge milliseconds that have passed at most since it was asked for
   */
  getCached (token: string, maxAge: number): Verdict | undefined {
    if (!this.#options.isCacheEnabled) return undefined
    const key = hashToken(token)
    const now = this.#clock.monotonic()
    const verdict = this.#cache.get(key, now, maxAge)
    if (verdict !== undefined && ++verdict.hits >= REFRESH_AHEAD.uses && now - verdict.askedAt >= this.#refreshAfter) this.#refresh(key, token, verdict)
    return verdict
  }

  /** The numbers of verdicts that are kept. */
  get counts (): { activeVerdicts: number, inactiveVerdicts: number } {
    return { activeVerdicts: this.#cache.activeCount, inactiveVerdicts: this.#cache.inactiveCount }
  }

  /**
   * Whether a verdict that let a request in is too old by now, because its body took long, or was forgotten meanwhile.
   *
   * @param maxAge milliseconds that the route accepts
   */
  isOutdated (token: string, verdict: Verdict, maxAge: number): boolean {
    const { ttl, staleIfError } = this.#options
    const trusted = verdict.granted?.token.stale === true ? ttl + staleIfError : ttl
    if (this.#clock.monotonic() - verdict.askedAt >= Math.min(trusted * 1000, maxAge) + BODY_GRACE_MS) return true
    return verdict.askedAt <= this.#loader.lastForgetAt && this.getCached(token, Infinity) !== verdict
  }

  /**
   * A verdict, remembered or asked for. Whoever asks joins an introspection that has not been sent yet, or not longer ago
   * than he accepts.
   *
   * @param maxAge milliseconds
   * @throws ZitadelError as {@link Introspect} does; a failure is no verdict, and not remembered
   */
  async getVerdict (token: string, maxAge: number = Infinity): Promise<Verdict> {
    const key = hashToken(token)
    const now = this.#clock.monotonic()
    const maxAccepted = this.#options.isCacheEnabled ? maxAge : 0
    const known = this.#cache.get(key, now, maxAccepted)
    if (known !== undefined) return known
    const pending = this.#loader.getPending(key)
    const canJoin = pending !== undefined && (pending.sentAt === undefined ? pending.maxAge <= maxAccepted : now - pending.sentAt < Math.min(maxAccepted, this.#options.ttl * 1000))
    try {
      return await (canJoin ? pending : this.#loader.load(key, token, maxAccepted)).verdict
    } catch (error) {
      const stale = maxAccepted === Infinity && isOutage(error) ? this.#stale(key) : undefined
      if (stale === undefined) throw error
      return stale
    }
  }

  /** Nothing that was asked for before is believed afterwards, not even an answer that is still on its way. */
  async forget (what: Forgettable): Promise<void> {
    const { fleet } = this.#options
    if (!('token' in what)) {
      this.#loader.forget(createForgetMatcher(what))
      await fleet?.forget(what)
      return
    }
    const key = hashToken(what.token)
    const jti = getJti(this.#cache.peek(key))
    this.#loader.forget(createForgetMatcher({ key, jti }))
    await fleet?.forget({ token: what.token, jti })
  }

  /** Drops verdicts of this process, also those that are in flight, so that ZITADEL is asked again. */
  doubt (target: Exclude<ForgetEvent, { readonly key: string }>): void {
    this.#loader.forget('all' in target ? () => true : createForgetMatcher(target))
  }

  /** What another process has forgotten. */
  #handleForgetEvent (event: ForgetEvent): void {
    if ('key' in event) return this.#loader.forget(createForgetMatcher({ key: event.key, jti: event.jti ?? getJti(this.#cache.peek(event.key)) }))
    if (!('all' in event)) return this.#loader.forget(createForgetMatcher(event))
    // What the fleet says has been held against all that was forgotten: only what ZITADEL itself was asked for is in doubt.
    this.#loader.forget(() => true, true)
  }

  /** In the background: nobody waits for it, and its failure is nobody's yet. */
  #refresh (key: string, token: string, verdict: Verdict): void {
    if (this.#refreshing >= REFRESH_AHEAD.atOnce || this.#loader.getPending(key) !== undefined || verdict.granted === undefined || this.#clock.wall() >= verdict.expiresAt) return
    verdict.hits = -Infinity
    this.#refreshing++
    this.#loader.load(key, token, this.#refreshAfter / 2).verdict.catch(() => {}).finally(() => { this.#refreshing-- })
  }

  #stale (key: string): Verdict | undefined {
    const { ttl, staleIfError, onStale } = this.#options
    const known = this.#cache.peek(key)
    if (staleIfError === 0 || known?.granted === undefined || known.isUnconfirmed || this.#clock.monotonic() - known.askedAt >= (ttl + staleIfError) * 1000) return undefined
    onStale()
    return { ...known, granted: { ...known.granted, token: known.granted.token.asStale() } }
  }
}

function getJti (verdict: Verdict | undefined): string | undefined {
  return typeof verdict?.jti === 'string' ? verdict.jti : undefined
}

/** Whether ZITADEL cannot be reached, and no stranger has brought that about. */
function isOutage (error: unknown): boolean {
  const { cause } = error as { cause?: unknown }
  return cause instanceof OutageError && !cause.canBeCausedByCaller
}

/** One shot: fast, and whoever reads the memory of this process finds no token in it. */
function hashToken (token: string): string {
  return hash('sha256', token, 'base64url')
}
