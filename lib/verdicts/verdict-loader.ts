import { OutageError, createUnavailableError } from '../failures.ts'
import type { Introspect } from '../client/introspection-client.ts'
import type { Clock } from '../clock.ts'
import type { DropKind } from '../shared-cache/forget-messages.ts'
import type { TimedResponse } from '../shared-cache/serialization.ts'
import type { SharedCache } from '../shared-cache/shared-cache.ts'
import { CLOCK_SKEW_MS } from '../shared-cache/clock-skew.ts'
import { getCutOffAge } from '../shared-cache/cut-off-age.ts'
import { PendingIntrospections, type PendingIntrospection } from './pending-introspections.ts'
import type { VerdictCache } from './verdict-cache.ts'
import type { VerdictListener } from './verdict-listener.ts'
import type { VerdictTarget } from '../zitadel/verdict-target.ts'
import { createVerdict, type GapCheck, type VerdictRules, type Verdict } from './verdict.ts'

export interface VerdictLoaderOptions {
  /** Seconds for which an active verdict is used. */
  readonly ttl: number
  /** Undefined without `cache.shared`. */
  readonly sharedCache?: SharedCache | undefined
  readonly listener?: VerdictListener | undefined
}

/** The number of introspections for one verdict. A response that is forgotten before it arrives is not used. */
const MAX_ATTEMPTS = 3
/** Milliseconds after which the shared cache is read again, if it did not respond whether a verdict was forgotten. */
const CONFIRM_AGAIN_MS = 1000

/** Gets new verdicts and puts them into the cache, unless they are forgotten in the meantime. */
export class VerdictLoader {
  readonly #send: Introspect
  readonly #rules: VerdictRules
  readonly #cache: VerdictCache
  readonly #options: VerdictLoaderOptions
  readonly #clock: Clock
  readonly #pending = new PendingIntrospections()
  #lastDropAt = -Infinity
  #lastGapAt = -Infinity
  /** Whether the shared cache did not respond at the last gap. */
  #isCutOff = false

  constructor (introspect: Introspect, rules: VerdictRules, cache: VerdictCache, options: VerdictLoaderOptions, clock: Clock) {
    this.#send = introspect
    this.#rules = rules
    this.#cache = cache
    this.#options = options
    this.#clock = clock
  }

  /** Monotonic milliseconds: a verdict that was asked for later is not outdated, except by its age. */
  get lastOutdatedAt (): number {
    return Math.max(this.#lastDropAt, this.#lastGapAt)
  }

  /** The latest introspection of a token that is in flight. */
  getPending (key: string): PendingIntrospection | undefined {
    return this.#pending.getLatest(key)
  }

  /** @param accepted milliseconds: the age of a response that may come from the shared cache */
  load (key: string, token: string, accepted: number): PendingIntrospection {
    const { ttl, sharedCache } = this.#options
    // Without a shared cache the response comes from ZITADEL, so a request may join until the token is sent.
    const maxAge = sharedCache === undefined ? 0 : Math.min(accepted, ttl * 1000)
    return this.#pending.start(key, maxAge, this.#clock.monotonic(), async (pending) => await this.#load(pending, key, token))
  }

  /**
   * Drops verdicts, also those that are in flight.
   *
   * @returns the number of verdicts that were dropped from the cache
   */
  drop (target: VerdictTarget, kind: DropKind): number {
    const at = this.#clock.monotonic()
    this.#lastDropAt = at
    this.#pending.record(target, kind, at)
    // A target of all verdicts is always a doubt.
    const count = kind === 'doubt' || 'all' in target ? this.#cache.doubt(target, at) : this.#cache.forget(target, at)
    this.#options.listener?.onOutdated(target)
    return count
  }

  /**
   * Requires a check of all verdicts, because forgets may have been missed.
   *
   * @param isCutOff whether the shared cache cannot be asked. Default: as at the last gap
   * @returns their number
   */
  handleGap (isCutOff = this.#isCutOff): number {
    this.#isCutOff = isCutOff
    this.#lastGapAt = this.#clock.monotonic()
    this.#pending.recordGap()
    const count = this.#cache.recordGap(this.#lastGapAt, isCutOff)
    this.#options.listener?.onCutOff(isCutOff ? getCutOffAge(this.#options.ttl) : Infinity)
    // While the process is cut off, this is repeated every few seconds.
    if (!isCutOff) this.#options.listener?.onOutdated({ all: true })
    return count
  }

  async #load (pending: PendingIntrospection, key: string, token: string): Promise<Verdict> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const cached = this.#cache.peek(key)
      const confirmed = cached?.gapCheck === undefined ? undefined : await this.#confirm(cached, cached.gapCheck, pending.maxAge, key, token)
      if (confirmed !== undefined) return confirmed
      const verdict = await this.#introspect(pending, key, token)
      const kind = this.#pending.find(pending, verdict, key)
      if (kind === 'forget') {
        // A token that was forgotten before its jti was known: now the tokens that share it can be forgotten too.
        if (verdict.jti !== undefined) this.#forgetJti(verdict.jti)
        continue
      }
      if (kind === 'doubt') {
        this.#cache.setKnown(key, verdict, this.#lastDropAt)
        continue
      }
      const isPossiblyForgotten = this.#pending.hadGap(pending)
      this.#cache.set(key, verdict, isPossiblyForgotten)
      if (isPossiblyForgotten) continue
      this.#options.listener?.onVerdict(key, verdict)
      return verdict
    }
    throw createUnavailableError(new OutageError('a token was forgotten repeatedly during its introspection', 'check what calls "forget" this often', true))
  }

  #forgetJti (jti: string): void {
    this.#cache.forget({ jti }, this.#lastDropAt)
    this.#options.listener?.onOutdated({ jti })
  }

  /** Checks a verdict after a gap. Returns it if the shared cache shows that it was not forgotten, or one that has arrived meanwhile. */
  async #confirm (cached: Verdict, check: GapCheck, maxAge: number, key: string, token: string): Promise<Verdict | undefined> {
    const gap = this.#pending.lastGap
    const isForgotten = await this.#options.sharedCache!.isForgotten({ token, sub: cached.sub, jti: cached.jti, session: cached.session, sid: cached.sid }, cached.askedAt).catch(() => undefined)
    if (gap !== this.#pending.lastGap) return undefined
    const now = this.#clock.monotonic()
    cached.isShared = isForgotten === false
    if (isForgotten === true && this.#cache.peek(key) === cached) this.#cache.doubt({ key }, now)
    check.isConfirmed ||= isForgotten === false
    check.trustedUntil = isForgotten === false ? check.confirmableUntil : Math.min(check.confirmableUntil, now + CONFIRM_AGAIN_MS)
    // It may have been dropped or replaced, now or in the meantime.
    return this.#cache.get(key, now, maxAge)
  }

  async #introspect (pending: PendingIntrospection, key: string, token: string): Promise<Verdict> {
    pending.sentAt = undefined
    const startedAt = this.#clock.monotonic()
    const cached = this.#cache.peek(key)
    const known = this.#cache.getKnown(key)
    const isKnown = known !== undefined && this.#clock.wall() < known.expiresAt
    const onUnconfirmed = isKnown ? () => { if (cached !== undefined) cached.isUnconfirmed = true } : undefined
    const send = async (): Promise<TimedResponse> => {
      const onSend = (): void => this.#pending.markSent(pending, this.#clock.monotonic())
      const response = await this.#send(token, { onSend, onUnconfirmed, subject: known?.sub, countJoined: () => pending.joined })
      return { response, askedAt: pending.sentAt! }
    }
    // An older response than the cached one could bring back a revoked role. The clocks can differ by CLOCK_SKEW_MS.
    const maxAge = Math.min(pending.maxAge, startedAt - this.#cache.getLatest(key)) - CLOCK_SKEW_MS
    const { response, askedAt } = await (this.#options.sharedCache?.getOrLoad(token, maxAge, send) ?? send())
    return createVerdict(response, this.#rules, askedAt, this.#clock.wall(), pending.sentAt === undefined)
  }
}
