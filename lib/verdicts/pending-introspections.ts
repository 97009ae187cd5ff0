import type { DropKind } from '../shared-cache/forget-messages.ts'
import { DropLog } from './drop-log.ts'
import type { VerdictTarget } from '../zitadel/verdict-target.ts'
import type { Verdict } from './verdict.ts'

/** An introspection in flight. */
export interface PendingIntrospection {
  readonly verdict: Promise<Verdict>
  /** Monotonic milliseconds. */
  readonly startedAt: number
  /** Milliseconds: its verdict is no older than that when it arrives. */
  readonly maxAge: number
  /** Monotonic milliseconds; undefined until the token was sent. */
  sentAt: number | undefined
  /** The number of forgets, doubts and gaps when the token was sent. */
  changesBefore: number
  /** The number of requests that have joined it. */
  joined: number
}

/** The pending introspections. Requests can join the latest introspection of a token. */
export class PendingIntrospections {
  readonly #latest = new Map<string, PendingIntrospection>()
  /** In the order of their start. */
  readonly #inFlight = new Set<PendingIntrospection>()
  readonly #log = new DropLog()
  /** The number of forgets, doubts and gaps. Of what happens within one tick of the clock, only the order is known. */
  #changes = 0
  #lastGap = 0

  getLatest (key: string): PendingIntrospection | undefined {
    return this.#latest.get(key)
  }

  /** @param now monotonic milliseconds */
  start (key: string, maxAge: number, now: number, run: (pending: PendingIntrospection) => Promise<Verdict>): PendingIntrospection {
    const pending: { -readonly [K in keyof PendingIntrospection]: PendingIntrospection[K] } = { verdict: undefined as never, startedAt: now, maxAge, sentAt: undefined, changesBefore: 0, joined: 0 }
    this.#latest.set(key, pending)
    this.#inFlight.add(pending)
    pending.verdict = run(pending).finally(() => {
      this.#inFlight.delete(pending)
      if (this.#latest.get(key) === pending) this.#latest.delete(key)
      this.#prune()
    })
    return pending
  }

  /**
   * Records when the token was sent. If it is sent several times, the first time counts.
   *
   * @param now monotonic milliseconds
   */
  markSent (pending: PendingIntrospection, now: number): void {
    if (pending.sentAt !== undefined) return
    pending.sentAt = now
    pending.changesBefore = this.#changes
  }

  /** @param at monotonic milliseconds: it applies to what was asked for until then */
  record (target: VerdictTarget, kind: DropKind, at: number): void {
    const change = ++this.#changes
    if (this.#inFlight.size > 0) this.#log.add(target, { kind, at, change })
  }

  /** Forgets of other processes may have been missed. */
  recordGap (): void {
    this.#lastGap = ++this.#changes
  }

  /** Differs after each gap. */
  get lastGap (): number {
    return this.#lastGap
  }

  /** Whether there was a gap since the token was sent. The shared cache has checked its own responses. */
  hadGap ({ sentAt, changesBefore }: PendingIntrospection): boolean {
    return sentAt !== undefined && this.#lastGap > changesBefore
  }

  /** Finds what was done to a verdict while it was in flight. */
  find ({ startedAt, sentAt, changesBefore }: PendingIntrospection, verdict: Verdict, key: string): DropKind | undefined {
    // If another process asked ZITADEL, only the time of asking is known.
    return this.#log.find(verdict, key, ({ at, change }) => at >= startedAt && (sentAt === undefined ? at >= verdict.askedAt : change > changesBefore))
  }

  #prune (): void {
    const [oldest] = this.#inFlight
    this.#log.prune(oldest?.startedAt ?? Infinity)
  }
}
