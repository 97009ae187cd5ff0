import type { Clock } from '../clock.ts'
import type { ContextCheck } from '../guard/checks/context-check.ts'
import { BODY_GRACE_MS } from '../guard/second-check.ts'
import { hashToken } from '../oauth/token-hash.ts'
import type { Introspector } from '../verdicts/introspector.ts'
import { VerdictIndex } from '../verdicts/verdict-index.ts'
import type { VerdictListener } from '../verdicts/verdict-listener.ts'
import type { VerdictTarget } from '../zitadel/verdict-target.ts'
import type { Verdict } from '../verdicts/verdict.ts'
import { RecheckQueue } from './recheck-queue.ts'
import { SlicedLoop } from './sliced-loop.ts'
import { MAX_SLEEP_MS, WakeUp, getMinSleep } from './wake-up.ts'
import { WatchedToken, type CutOff, type Stream } from './watched-token.ts'

export interface StreamWatcherOptions {
  readonly introspector: Pick<Introspector, 'getVerdict' | 'isOutdated'>
  readonly check: ContextCheck
  /** Whether introspections wait in the queue. */
  readonly isBusy: () => boolean
}

/**
 * Ends streams whose token no longer allows them. One timer serves all. A token is checked once for all its streams, and each
 * verdict that this process gets for other requests counts too.
 */
export class StreamWatcher implements VerdictListener {
  readonly #options: StreamWatcherOptions
  readonly #clock: Clock
  readonly #tokens = new Map<string, WatchedToken>()
  readonly #index = new VerdictIndex()
  readonly #queue: RecheckQueue
  readonly #outdated = new SlicedLoop<WatchedToken>((watched) => this.#recheckSoon(watched))
  #cutOff: CutOff | undefined
  readonly #wakeUp = new WakeUp(() => { this.checkDue() })
  readonly #checkStreams = (watched: WatchedToken): void => { watched.checkStreams(this.#options.check, this.#options.introspector) }
  #isClosed = false

  constructor (options: StreamWatcherOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#queue = new RecheckQueue(async (token) => await this.#recheck(token), options.isBusy)
  }

  /**
   * Watches the token of a stream, until it is removed.
   *
   * @param verdict that allowed the request
   * @returns a function that removes it
   */
  add (token: string, verdict: Verdict, stream: Stream): () => void {
    if (this.#isClosed) return () => {}
    const key = hashToken(token)
    const watched = this.#tokens.get(key) ?? this.#watch(key, token, verdict)
    watched.add(stream)
    // The handler may have waited since the check.
    if (watched.verdict !== verdict || this.#options.introspector.isOutdated(token, verdict, Infinity, BODY_GRACE_MS)) this.#recheckSoon(watched)
    else this.#schedule(watched)
    return () => {
      if (watched.remove(stream) && watched.streams.size === 0) this.#unwatch(watched)
    }
  }

  readonly onOutdated = (target: VerdictTarget): void => {
    if ('all' in target) return this.#outdated.start(this.#tokens.values())
    for (const key of this.#index.findTarget(target)) {
      const watched = this.#tokens.get(key)
      if (watched !== undefined) this.#recheckSoon(watched)
    }
  }

  readonly onVerdict = (key: string, verdict: Verdict): void => {
    const watched = this.#tokens.get(key)
    if (watched === undefined || watched.verdict === verdict || watched.verdict.askedAt > verdict.askedAt) return
    this.#index.remove(watched.verdict, watched.key)
    watched.verdict = verdict
    this.#index.add(verdict, watched.key)
    this.#checkStreams(watched)
    this.#schedule(watched)
  }

  readonly onCutOff = (maxAge: number): void => {
    const now = this.#clock.monotonic()
    this.#cutOff = maxAge === Infinity ? undefined : this.#cutOff ?? { at: now, maxAge }
    this.#wakeUp.schedule(getMinSleep(this.#tokens.size), now)
  }

  /** Ends what has expired, and rechecks what is due. The timer calls it. */
  checkDue (): void {
    this.#wakeUp.clear()
    const [now, wall] = [this.#clock.monotonic(), this.#clock.wall()]
    let delay = MAX_SLEEP_MS
    const expired: WatchedToken[] = []
    for (const watched of this.#tokens.values()) {
      if (wall >= watched.verdict.expiresAt) {
        expired.push(watched)
        continue
      }
      if (watched.isDue(now, this.#cutOff)) this.#queue.add(watched)
      if (watched.streams.size > 0) delay = Math.min(delay, this.#getDelay(watched, now, wall))
    }
    // After the loop, which would not end if each callback watched again.
    for (const watched of expired) this.#checkStreams(watched)
    if (this.#tokens.size > 0) this.#wakeUp.schedule(delay, now)
  }

  /** Ends the watch of all streams. None of them ends because of its token afterwards. */
  close (): void {
    this.#isClosed = true
    this.#wakeUp.clear()
    this.#queue.clear()
    this.#tokens.clear()
  }

  #watch (key: string, token: string, verdict: Verdict): WatchedToken {
    const watched = new WatchedToken(key, token, verdict)
    this.#tokens.set(key, watched)
    this.#index.add(verdict, key)
    return watched
  }

  #unwatch (watched: WatchedToken): void {
    this.#queue.delete(watched)
    this.#tokens.delete(watched.key)
    this.#index.remove(watched.verdict, watched.key)
  }

  #recheckSoon (watched: WatchedToken): void {
    watched.markOutdated()
    if (!watched.isRechecking) this.#queue.add(watched)
    this.#schedule(watched)
  }

  #schedule (watched: WatchedToken): void {
    const now = this.#clock.monotonic()
    this.#wakeUp.schedule(this.#getDelay(watched, now, this.#clock.wall()), now)
  }

  #getDelay (watched: WatchedToken, now: number, wall: number): number {
    return Math.min(MAX_SLEEP_MS, watched.verdict.expiresAt - wall, Math.max(getMinSleep(this.#tokens.size), watched.getRecheckAt(this.#cutOff) - now))
  }

  async #recheck (watched: WatchedToken): Promise<void> {
    const { token, verdict, isOutdated } = watched
    watched.isOutdated = false
    const age = this.#clock.monotonic() - verdict.askedAt
    // A response that was cached later is as good as a new one. An outage says nothing about the token, and was reported.
    const found = await this.#options.introspector.getVerdict(token, isOutdated ? Infinity : age).catch(() => undefined)
    watched.isRechecking = false
    if (this.#isClosed) return
    // A stream that was added with an older verdict was not checked with this one.
    if (found === watched.verdict) this.#checkStreams(watched)
    else if (found !== undefined) this.onVerdict(watched.key, found)
    if (watched.isOutdated) return this.#recheckSoon(watched)
    watched.isOutdated = isOutdated && found === undefined
    if (watched.verdict.askedAt <= verdict.askedAt) watched.postpone(this.#clock.monotonic())
    this.#schedule(watched)
  }
}
