import { hash } from 'node:crypto'
import { unavailable } from '../errors.ts'
import { VerdictCache, type CacheBounds, type Matches } from './cache.ts'
import type { Introspect } from './client.ts'
import type { Clock } from './clock.ts'
import { judge, type Rules, type Verdict } from './verdict.ts'

/** What to forget: one token (and whatever shares its `jti`), all tokens of a user, or all with one `jti`. */
export type Forgettable = { readonly token: string } | { readonly sub: string } | { readonly jti: string }

/** An introspection in the air. */
interface Flight {
  verdict: Promise<Verdict>
  /** Monotonic milliseconds; undefined until the token has left. */
  sentAt: number | undefined
  /** What was forgotten since it was sent. */
  readonly forgotten: Matches[]
}

/** How often an answer may be forgotten before it arrives until its waiters are sent away. */
const ATTEMPTS = 3

/** From a token to a verdict: remembered, or asked for once however many wait for it. */
export class Introspector {
  readonly #introspect: Introspect
  readonly #rules: Rules
  readonly #clock: Clock
  readonly #cache: VerdictCache | undefined
  readonly #flights = new Map<string, Flight>()
  readonly #inTheAir = new Set<Flight>()
  /** Monotonic milliseconds: a verdict that was asked for later has missed no `forget`. */
  #forgotAt = -Infinity

  constructor (introspect: Introspect, rules: Rules, cache: CacheBounds | false, clock: Clock) {
    this.#introspect = introspect
    this.#rules = rules
    this.#clock = clock
    this.#cache = cache === false ? undefined : new VerdictCache(cache)
  }

  /**
   * The remembered verdict, without waiting.
   *
   * @param maxAge milliseconds that have passed at most since it was asked for
   */
  recall (token: string, maxAge: number): Verdict | undefined {
    return this.#cache?.get(keyOf(token), this.#clock.monotonic(), maxAge)
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
    const known = this.#cache?.get(key, now, maxAge)
    if (known !== undefined) return known
    const accepted = this.#cache === undefined ? 0 : maxAge
    const flight = this.#flights.get(key)
    if (flight !== undefined && (flight.sentAt === undefined || now - flight.sentAt < accepted)) return await flight.verdict
    return await this.#launch(key, token).verdict
  }

  /** Nothing that was asked for before is believed afterwards, not even an answer that is still on its way. */
  forget (what: Forgettable): void {
    this.#forgotAt = this.#clock.monotonic()
    if ('sub' in what) return this.#forget((verdict) => verdict.sub === what.sub)
    if ('jti' in what) return this.#forget((verdict) => verdict.jti === what.jti)
    const key = keyOf(what.token)
    const jti = this.#cache?.peek(key)?.jti
    this.#forget((verdict, verdictKey) => verdictKey === key || (jti !== undefined && verdict.jti === jti))
  }

  #forget (matches: Matches): void {
    this.#cache?.forget(matches)
    for (const flight of this.#inTheAir) if (flight.sentAt !== undefined) flight.forgotten.push(matches)
  }

  #launch (key: string, token: string): Flight {
    const flight: Flight = { verdict: undefined as never, sentAt: undefined, forgotten: [] }
    this.#flights.set(key, flight)
    this.#inTheAir.add(flight)
    flight.verdict = this.#fly(flight, key, token).finally(() => {
      this.#inTheAir.delete(flight)
      if (this.#flights.get(key) === flight) this.#flights.delete(key)
    })
    return flight
  }

  async #fly (flight: Flight, key: string, token: string): Promise<Verdict> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      flight.sentAt = undefined
      flight.forgotten.length = 0
      const response = await this.#introspect(token, () => { flight.sentAt ??= this.#clock.monotonic() })
      const verdict = judge(response, this.#rules, flight.sentAt ?? this.#clock.monotonic(), this.#clock.wall())
      if (flight.forgotten.some((matches) => matches(verdict, key))) continue
      this.#cache?.set(key, verdict)
      return verdict
    }
    throw unavailable('what ZITADEL said of a token was forgotten again and again while it was on its way')
  }
}

/** One shot: fast, and whoever reads the memory of this process finds no token in it. */
function keyOf (token: string): string {
  return hash('sha256', token, 'base64url')
}
