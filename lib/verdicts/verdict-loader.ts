import { OutageError, createUnavailableError } from '../errors.ts'
import type { VerdictMatcher, VerdictCache } from './verdict-cache.ts'
import type { Introspect } from '../client/introspection-client.ts'
import type { Clock } from '../clock.ts'
import { PendingIntrospections, isForgotten, type PendingIntrospection } from './pending-introspections.ts'
import type { TimedResponse } from '../shared-cache/serialization.ts'
import type { SharedCache } from '../shared-cache/shared-cache.ts'
import { CLOCK_SKEW_MS } from '../shared-cache/tombstones.ts'
import { createVerdict, type VerdictRules, type Verdict } from './verdict.ts'

export interface VerdictLoaderOptions {
  /** Seconds for which an active verdict is believed. */
  readonly ttl: number
  /** What other processes know, and are told. */
  readonly fleet?: SharedCache | undefined
}

/** How often an answer may be forgotten before it arrives until its waiters are sent away. */
const MAX_ATTEMPTS = 3

/** From a token to a new verdict, which the cache then has; and what becomes of it when something is forgotten on the way. */
export class VerdictLoader {
  readonly #send: Introspect
  readonly #rules: VerdictRules
  readonly #cache: VerdictCache
  readonly #options: VerdictLoaderOptions
  readonly #clock: Clock
  readonly #pending = new PendingIntrospections()
  #lastForgetAt = -Infinity

  constructor (introspect: Introspect, rules: VerdictRules, cache: VerdictCache, options: VerdictLoaderOptions, clock: Clock) {
    this.#send = introspect
    this.#rules = rules
    this.#cache = cache
    this.#options = options
    this.#clock = clock
  }

  /** Monotonic milliseconds: a verdict that was asked for later has missed no `forget`. */
  get lastForgetAt (): number {
    return this.#lastForgetAt
  }

  /** The latest inquiry about a token that is under way. */
  getPending (key: string): PendingIntrospection | undefined {
    return this.#pending.getLatest(key)
  }

  /** @param accepted milliseconds that have passed at most since the fleet asked for what it says */
  load (key: string, token: string, accepted: number): PendingIntrospection {
    const { ttl, fleet } = this.#options
    // Without a fleet, what has not been sent yet will be as fresh as can be.
    const maxSharedAge = accepted === Infinity ? ttl * 1000 : Math.max(0, accepted - CLOCK_SKEW_MS)
    const maxAge = fleet === undefined ? 0 : maxSharedAge
    return this.#pending.start(key, maxAge, async (pending) => await this.#introspect(pending, key, token))
  }

  /** @param exceptShared whether what the fleet says is spared: it was held against all that was forgotten */
  forget (matches: VerdictMatcher, exceptShared = false): void {
    const at = this.#clock.monotonic()
    this.#lastForgetAt = at
    this.#cache.forget(matches)
    this.#pending.forget(matches, at, exceptShared)
  }

  async #introspect (pending: PendingIntrospection, key: string, token: string): Promise<Verdict> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      pending.sentAt = undefined
      const startedAt = this.#clock.monotonic()
      const known = this.#cache.peek(key)
      const wasActive = known?.granted !== undefined && this.#clock.wall() < known.expiresAt
      const onUnconfirmed = wasActive ? () => { known.isUnconfirmed = true } : undefined
      const send = async (): Promise<TimedResponse> => {
        const response = await this.#send(token, () => { pending.sentAt ??= this.#clock.monotonic() }, onUnconfirmed, undefined, known?.sub)
        return { response, askedAt: pending.sentAt! }
      }
      // Nothing that is older than what is known here, or it would come back.
      const maxAge = known === undefined ? pending.maxAge : Math.min(pending.maxAge, startedAt - known.askedAt)
      const { response, askedAt } = await (this.#options.fleet?.getOrLoad(token, maxAge, send) ?? send())
      const verdict = createVerdict(response, this.#rules, askedAt, this.#clock.wall())
      if (isForgotten(pending, verdict, key)) {
        // A token that was forgotten before its jti was known: now what shares it can be forgotten too.
        if (verdict.jti !== undefined) this.#cache.forget((other) => other.jti === verdict.jti && other.askedAt <= this.#lastForgetAt)
        continue
      }
      this.#cache.set(key, verdict)
      return verdict
    }
    throw createUnavailableError(new OutageError('what ZITADEL said of a token was forgotten again and again while it was on its way', 'check what calls "forget" this often', true))
  }
}
