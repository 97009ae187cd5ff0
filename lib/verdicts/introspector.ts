import { hash } from 'node:crypto'
import { Outage } from '../errors.ts'
import { VerdictCache, type CacheBounds } from './verdict-cache.ts'
import type { Introspect } from '../client/introspection-client.ts'
import type { Clock } from '../clock.ts'
import { matching, type Forgettable } from './forget-target.ts'
import { Inquiries, type InquiryOptions } from './verdict-loader.ts'
import type { Forgotten } from '../shared-cache/forget-messages.ts'
import type { Rules, Verdict } from './verdict.ts'

export interface IntrospectorOptions extends CacheBounds, InquiryOptions {
  /** Whether verdicts are remembered at all. */
  readonly remembers: boolean
  /** Whether busy tokens are asked about again before their ttl ends. */
  readonly refreshAhead: boolean
  /** Seconds past its ttl for which an active verdict may be used while ZITADEL cannot be reached. */
  readonly staleIfError: number
  /** Told when that happens. */
  readonly onStale: () => void
}

/** The part of its ttl after which a busy verdict is asked for again, the uses that make it busy, and how many may be under way. */
const REFRESH = { after: 0.8, uses: 3, atOnce: 8 }

/** From a token to a verdict: remembered, or asked for once however many wait for it. */
export class Introspector {
  readonly #options: IntrospectorOptions
  readonly #clock: Clock
  readonly #cache: VerdictCache
  readonly #inquiries: Inquiries
  readonly #refreshAfter: number
  #refreshing = 0

  constructor (introspect: Introspect, rules: Rules, options: IntrospectorOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#cache = new VerdictCache(options)
    this.#inquiries = new Inquiries(introspect, rules, this.#cache, options, clock)
    options.fleet?.onForget((forgotten) => this.#hear(forgotten))
    this.#refreshAfter = options.refreshAhead ? options.ttl * 1000 * REFRESH.after : Infinity
  }

  /**
   * The remembered verdict, without waiting.
   *
   * @param maxAge milliseconds that have passed at most since it was asked for
   */
  recall (token: string, maxAge: number): Verdict | undefined {
    if (!this.#options.remembers) return undefined
    const key = keyOf(token)
    const now = this.#clock.monotonic()
    const verdict = this.#cache.get(key, now, maxAge)
    if (verdict !== undefined && ++verdict.uses >= REFRESH.uses && now - verdict.askedAt >= this.#refreshAfter) this.#refresh(key, token, verdict)
    return verdict
  }

  /** Whether what was said of a token may have been forgotten since. */
  isInDoubt (token: string, verdict: Verdict): boolean {
    return verdict.askedAt <= this.#inquiries.forgotAt && this.recall(token, Infinity) !== verdict
  }

  /**
   * A verdict, remembered or asked for. Whoever asks joins an introspection that has not been sent yet, or not longer ago
   * than he accepts.
   *
   * @param maxAge milliseconds
   * @throws ZitadelError as {@link Introspect} does; a failure is no verdict, and not remembered
   */
  async verdict (token: string, maxAge: number = Infinity): Promise<Verdict> {
    const key = keyOf(token)
    const now = this.#clock.monotonic()
    const accepted = this.#options.remembers ? maxAge : 0
    const known = this.#cache.get(key, now, accepted)
    if (known !== undefined) return known
    const flight = this.#inquiries.latest(key)
    const joins = flight !== undefined && (flight.sentAt === undefined ? flight.maxAge <= accepted : now - flight.sentAt < accepted)
    try {
      return await (joins ? flight : this.#inquiries.launch(key, token, accepted)).verdict
    } catch (error) {
      const stale = accepted === Infinity && isOutage(error) ? this.#stale(key) : undefined
      if (stale === undefined) throw error
      return stale
    }
  }

  /** Nothing that was asked for before is believed afterwards, not even an answer that is still on its way. */
  async forget (what: Forgettable): Promise<void> {
    const { fleet } = this.#options
    if (!('token' in what)) {
      this.#inquiries.forget(matching(what))
      await fleet?.forget(what)
      return
    }
    const key = keyOf(what.token)
    const jti = jtiOf(this.#cache.peek(key))
    this.#inquiries.forget(matching({ key, jti }))
    await fleet?.forget({ token: what.token, jti })
  }

  /** What another process has forgotten. */
  #hear (forgotten: Forgotten): void {
    if ('key' in forgotten) return this.#inquiries.forget(matching({ key: forgotten.key, jti: forgotten.jti ?? jtiOf(this.#cache.peek(forgotten.key)) }))
    if (!('all' in forgotten)) return this.#inquiries.forget(matching(forgotten))
    // What the fleet says has been held against all that was forgotten: only what ZITADEL itself was asked for is in doubt.
    this.#inquiries.forget(() => true, true)
  }

  /** In the background: nobody waits for it, and its failure is nobody's yet. */
  #refresh (key: string, token: string, verdict: Verdict): void {
    if (this.#refreshing >= REFRESH.atOnce || this.#inquiries.latest(key) !== undefined || verdict.granted === undefined || this.#clock.wall() >= verdict.expiresAt) return
    verdict.uses = -Infinity
    this.#refreshing++
    this.#inquiries.launch(key, token, this.#refreshAfter / 2).verdict.catch(() => {}).finally(() => { this.#refreshing-- })
  }

  #stale (key: string): Verdict | undefined {
    const { ttl, staleIfError, onStale } = this.#options
    const known = this.#cache.peek(key)
    if (staleIfError === 0 || known?.granted === undefined || known.doubted || this.#clock.monotonic() - known.askedAt >= (ttl + staleIfError) * 1000) return undefined
    onStale()
    return { ...known, granted: { ...known.granted, token: known.granted.token.asStale() } }
  }
}

function jtiOf (verdict: Verdict | undefined): string | undefined {
  return typeof verdict?.jti === 'string' ? verdict.jti : undefined
}

/** Whether ZITADEL cannot be reached, and no stranger has brought that about. */
function isOutage (error: unknown): boolean {
  const { cause } = error as { cause?: unknown }
  return cause instanceof Outage && !cause.provokable
}

/** One shot: fast, and whoever reads the memory of this process finds no token in it. */
function keyOf (token: string): string {
  return hash('sha256', token, 'base64url')
}
