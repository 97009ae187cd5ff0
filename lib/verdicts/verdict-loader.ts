import { Outage, unavailable } from '../errors.ts'
import type { Matches, VerdictCache } from './verdict-cache.ts'
import type { Introspect } from '../client/introspection-client.ts'
import type { Clock } from '../clock.ts'
import { Flights, wasForgotten, type Flight } from './pending-introspections.ts'
import type { Answered } from '../shared-cache/serialization.ts'
import type { SharedCache } from '../shared-cache/shared-cache.ts'
import { CLOCK_MARGIN } from '../shared-cache/tombstones.ts'
import { judge, type Rules, type Verdict } from './verdict.ts'

export interface InquiryOptions {
  /** Seconds for which an active verdict is believed. */
  readonly ttl: number
  /** What other processes know, and are told. */
  readonly fleet?: SharedCache | undefined
}

/** How often an answer may be forgotten before it arrives until its waiters are sent away. */
const ATTEMPTS = 3

/** From a token to a new verdict, which the cache then has; and what becomes of it when something is forgotten on the way. */
export class Inquiries {
  readonly #introspect: Introspect
  readonly #rules: Rules
  readonly #cache: VerdictCache
  readonly #options: InquiryOptions
  readonly #clock: Clock
  readonly #flights = new Flights()
  #forgotAt = -Infinity

  constructor (introspect: Introspect, rules: Rules, cache: VerdictCache, options: InquiryOptions, clock: Clock) {
    this.#introspect = introspect
    this.#rules = rules
    this.#cache = cache
    this.#options = options
    this.#clock = clock
  }

  /** Monotonic milliseconds: a verdict that was asked for later has missed no `forget`. */
  get forgotAt (): number {
    return this.#forgotAt
  }

  /** The latest inquiry about a token that is under way. */
  latest (key: string): Flight | undefined {
    return this.#flights.latest(key)
  }

  /** @param accepted milliseconds that have passed at most since the fleet asked for what it says */
  launch (key: string, token: string, accepted: number): Flight {
    const { ttl, fleet } = this.#options
    // Without a fleet, what has not been sent yet will be as fresh as can be.
    const mostBelieved = accepted === Infinity ? ttl * 1000 : Math.max(0, accepted - CLOCK_MARGIN)
    const maxAge = fleet === undefined ? 0 : mostBelieved
    return this.#flights.launch(key, maxAge, async (flight) => await this.#fly(flight, key, token))
  }

  /** @param askedOnly whether what the fleet says is spared: it was held against all that was forgotten */
  forget (matches: Matches, askedOnly = false): void {
    const at = this.#clock.monotonic()
    this.#forgotAt = at
    this.#cache.forget(matches)
    this.#flights.forget(matches, at, askedOnly)
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
