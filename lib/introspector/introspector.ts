import { hash } from 'node:crypto'
import { Outage, unavailable } from '../errors.ts'
import { VerdictCache, type CacheBounds, type Matches } from './cache.ts'
import type { Introspect } from './client.ts'
import type { Clock } from './clock.ts'
import { Flights, wasForgotten, type Flight } from './flights.ts'
import { matching, type Forgettable } from './forgetting.ts'
import type { Answered } from './shared/answer.ts'
import type { SharedCache } from './shared/cache.ts'
import type { Forgotten } from './shared/news.ts'
import { CLOCK_MARGIN } from './shared/tombstones.ts'
import { judge, type Rules, type Verdict } from './verdict.ts'

export interface IntrospectorOptions extends CacheBounds {
  /** Whether verdicts are remembered at all. */
  readonly remembers: boolean
  /** Whether busy tokens are asked about again before their ttl ends. */
  readonly refreshAhead: boolean
  /** Seconds past its ttl for which an active verdict may be used while ZITADEL cannot be reached. */
  readonly staleIfError: number
  /** Told when that happens. */
  readonly onStale: () => void
  /** What other processes know, and are told. */
  readonly fleet?: SharedCache | undefined
}

/** How often an answer may be forgotten before it arrives until its waiters are sent away. */
const ATTEMPTS = 3
/** The part of its ttl after which a busy verdict is asked for again, the uses that make it busy, and how many may be under way. */
const REFRESH = { after: 0.8, uses: 3, atOnce: 8 }

/** From a token to a verdict: remembered, or asked for once however many wait for it. */
export class Introspector {
  readonly #introspect: Introspect
  readonly #rules: Rules
  readonly #options: IntrospectorOptions
  readonly #clock: Clock
  readonly #cache: VerdictCache
  readonly #flights = new Flights()
  readonly #refreshAfter: number
  #refreshing = 0
  /** Monotonic milliseconds: a verdict that was asked for later has missed no `forget`. */
  #forgotAt = -Infinity

  constructor (introspect: Introspect, rules: Rules, options: IntrospectorOptions, clock: Clock) {
    this.#introspect = introspect
    this.#rules = rules
    this.#options = options
    this.#clock = clock
    this.#cache = new VerdictCache(options)
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
    return verdict.askedAt <= this.#forgotAt && this.recall(token, Infinity) !== verdict
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
    const flight = this.#flights.latest(key)
    const joins = flight !== undefined && (flight.sentAt === undefined ? flight.maxAge <= accepted : now - flight.sentAt < accepted)
    try {
      return await (joins ? flight : this.#launch(key, token, accepted)).verdict
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
      this.#forget(matching(what))
      await fleet?.forget(what)
      return
    }
    const key = keyOf(what.token)
    const jti = jtiOf(this.#cache.peek(key))
    this.#forget(matching({ key, jti }))
    await fleet?.forget({ token: what.token, jti })
  }

  #forget (matches: Matches, askedOnly = false): void {
    const at = this.#clock.monotonic()
    this.#forgotAt = at
    this.#cache.forget(matches)
    this.#flights.forget(matches, at, askedOnly)
  }

  /** What another process has forgotten. */
  #hear (forgotten: Forgotten): void {
    if ('key' in forgotten) return this.#forget(matching({ key: forgotten.key, jti: forgotten.jti ?? jtiOf(this.#cache.peek(forgotten.key)) }))
    if (!('all' in forgotten)) return this.#forget(matching(forgotten))
    // What the fleet says has been held against all that was forgotten: only what ZITADEL itself was asked for is in doubt.
    this.#forget(() => true, true)
  }

  /** In the background: nobody waits for it, and its failure is nobody's yet. */
  #refresh (key: string, token: string, verdict: Verdict): void {
    if (this.#refreshing >= REFRESH.atOnce || this.#flights.latest(key) !== undefined || verdict.granted === undefined || this.#clock.wall() >= verdict.expiresAt) return
    verdict.uses = -Infinity
    this.#refreshing++
    this.#launch(key, token, this.#refreshAfter / 2).verdict.catch(() => {}).finally(() => { this.#refreshing-- })
  }

  #stale (key: string): Verdict | undefined {
    const { ttl, staleIfError, onStale } = this.#options
    const known = this.#cache.peek(key)
    if (staleIfError === 0 || known?.granted === undefined || known.doubted || this.#clock.monotonic() - known.askedAt >= (ttl + staleIfError) * 1000) return undefined
    onStale()
    return { ...known, granted: { ...known.granted, token: known.granted.token.asStale() } }
  }

  #launch (key: string, token: string, accepted: number): Flight {
    // Without a fleet, what has not been sent yet will be as fresh as can be.
    const mostBelieved = accepted === Infinity ? this.#options.ttl * 1000 : Math.max(0, accepted - CLOCK_MARGIN)
    const maxAge = this.#options.fleet === undefined ? 0 : mostBelieved
    return this.#flights.launch(key, maxAge, async (flight) => await this.#fly(flight, key, token))
  }

  async #fly (flight: Flight, key: string, token: string): Promise<Verdict> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      flight.sentAt = undefined
      const startedAt = this.#clock.monotonic()
      const known = this.#cache.peek(key)
      const wasActive = known?.granted !== undefined && this.#clock.wall() < known.expiresAt
      const doubted = wasActive ? () => { known.doubted = true } : undefined
      const ask = async (): Promise<Answered> => {
        const response = await this.#introspect(token, () => { flight.sentAt ??= this.#clock.monotonic() }, doubted)
        return { response, askedAt: flight.sentAt! }
      }
      // Nothing that is older than what is known here, or it would come back.
      const maxAge = known === undefined ? flight.maxAge : Math.min(flight.maxAge, startedAt - known.askedAt)
      const { response, askedAt } = await (this.#options.fleet?.answer(token, maxAge, ask) ?? ask())
      const verdict = judge(response, this.#rules, askedAt, this.#clock.wall())
      if (wasForgotten(flight, verdict, key)) {
        // A token that was forgotten before its jti was known: now what shares it can be forgotten too.
        if (verdict.jti !== undefined) this.#cache.forget((other) => other.jti === verdict.jti && other.askedAt <= this.#forgotAt)
        continue
      }
      this.#cache.set(key, verdict)
      return verdict
    }
    throw unavailable(new Outage('what ZITADEL said of a token was forgotten again and again while it was on its way', 'check what calls "forget" this often', true))
  }
}

function jtiOf (verdict: Verdict | undefined): string | undefined {
  return typeof verdict?.jti === 'string' ? verdict.jti : undefined
}

/** Whether ZITADEL cannot be reached, and no stranger has brought that about. */
function isOutage (error: unknown): boolean {
  const cause = (error as { cause?: unknown } | null)?.cause
  return cause instanceof Outage && !cause.provokable
}

/** One shot: fast, and whoever reads the memory of this process finds no token in it. */
function keyOf (token: string): string {
  return hash('sha256', token, 'base64url')
}
