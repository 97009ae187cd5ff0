import type { RedisLike } from '../options/shared-cache-options.ts'
import type { TimedResponse } from './serialization.ts'
import { ClockMessages } from './clock-messages.ts'
import { Leases } from './leases.ts'
import { SharedEntry, type SharedCacheContext } from './entry.ts'
import { ForgetSender } from './forget-sender.ts'
import type { VerdictTarget } from '../zitadel/verdict-target.ts'
import { ForgetMessages, type DropKind } from './forget-messages.ts'
import type { SharedForgetTarget } from './pending-forgets.ts'
import { PendingWork } from './pending-work.ts'
import { RecentForgets } from './recent-forgets.ts'
import type { SharedCacheLog } from './shared-cache-log.ts'
import { Subscription, type SharedCacheIntervals } from './subscription.ts'
import { logCutOff, logInvalidMessage, logNotDelivered } from './subscription-log.ts'
import type { TombstoneNames } from './tombstones.ts'

/**
 * Called for what this process and others forget. With the kind `'gap'`, messages of other processes may have been lost. With
 * `'cut-off'`, they are lost from now on too.
 *
 * @param isOwn whether this process has caused it
 */
export type ForgetListener = (forgotten: VerdictTarget, kind: DropKind | 'gap' | 'cut-off', isOwn: boolean) => void

/**
 * Responses for active tokens that the processes of an API share. Values are trusted only if they decrypt with the shared key.
 * Anything else is a cache miss.
 */
export class SharedCache {
  readonly #shared: SharedCacheContext
  readonly #leases: Leases
  readonly #forgetMessages: ForgetMessages
  readonly #forgetSender: ForgetSender
  readonly #clockMessages: ClockMessages
  readonly #subscription: Subscription
  readonly #listeners: ForgetListener[] = []
  readonly #loads = new PendingWork()
  readonly #releases = new PendingWork()
  readonly #forgets = new RecentForgets()

  /** @param wait milliseconds for which another process is waited for */
  constructor (client: RedisLike, context: SharedCacheContext & { readonly log: SharedCacheLog }, wait: number, intervals: SharedCacheIntervals) {
    const { commands, keys, prefix, clock, ttl, log } = context
    this.#shared = context
    this.#leases = new Leases(commands, `${prefix}:released:${keys[0]!.channel}`, clock, log, { wait })
    this.#clockMessages = new ClockMessages(commands, keys, prefix, clock, log, intervals.clock)
    this.#forgetMessages = new ForgetMessages(commands, keys, prefix, clock, (wall) => this.#clockMessages.compare(wall))
    this.#forgetSender = new ForgetSender(context, this.#forgetMessages, log, (target, kind) => this.#notifyListeners(target, kind, true))
    this.#subscription = new Subscription(client, commands, prefix, [this.#leases.channel, ...this.#forgetMessages.channels, ...this.#clockMessages.channels], {
      onMessage: (channel, message) => this.#handleMessage(channel, message),
      onGap: (isCutOff) => {
        this.#clockMessages.publishSoon()
        // Entries that are being read are compared with the tombstones, so none is lost.
        this.#notifyListeners({ all: true }, isCutOff ? 'cut-off' : 'gap', false)
      },
      onReply: () => { this.#forgetSender.sendAgain() },
      onNotDelivered: () => logNotDelivered(log),
      onInvalidMessage: () => logInvalidMessage(log),
      onCutOffChange: (isCutOff) => logCutOff(log, isCutOff, intervals.silence, ttl, commands.connection.cause)
    }, intervals)
  }

  /**
   * Returns a shared response, or asks for one. If another process asks for the same token, its response is waited for.
   *
   * @param maxAge milliseconds. With 0 no shared response is used, and no other process is waited for
   * @param ask is called once at most
   * @throws what `ask` throws, and nothing else
   */
  async getOrLoad (token: string, maxAge: number, ask: () => Promise<TimedResponse>): Promise<TimedResponse> {
    return await this.#loads.track(this.#getOrLoad(token, maxAge, ask))
  }

  async #getOrLoad (token: string, maxAge: number, ask: () => Promise<TimedResponse>): Promise<TimedResponse> {
    const entry = new SharedEntry(this.#shared, token)
    const { count } = this.#forgets
    const found = maxAge > 0 ? await this.#leases.loadOrAcquire(entry, maxAge).catch(() => undefined) : undefined
    if (typeof found === 'object' && !this.#forgets.canApply(count, token, found.response)) return found
    try {
      const timed = await ask()
      entry.store(timed)
      return timed
    } finally {
      if (found === 'acquired') this.#releases.track(this.#leases.release(entry))
    }
  }

  /**
   * Makes all processes ask ZITADEL again.
   *
   * @param kind whether the tokens stay known
   * @returns whether Redis has stored and published it; if not, other processes may go on until the ttl of their verdicts ends. It is sent again when Redis responds
   */
  async forget (what: SharedForgetTarget, kind: DropKind = 'forget'): Promise<boolean> {
    this.#forgets.add(what)
    return await this.#forgetSender.send(what, kind)
  }

  /** The number of forgets that Redis has not accepted yet. */
  get pendingForgets (): number {
    return this.#forgetSender.pendingCount
  }

  /**
   * Whether a verdict in the memory of this process was forgotten by another since ZITADEL was asked, by the tombstones in Redis.
   *
   * @param askedAt monotonic milliseconds
   * @throws RedisCommandError
   */
  async isForgotten (subject: TombstoneNames, askedAt: number): Promise<boolean> {
    const { tombstones, clock } = this.#shared
    return await tombstones.hasTombstone(subject, clock.wall() - (clock.monotonic() - askedAt), await tombstones.hasAny())
  }

  /** Calls a listener for each forget. What was asked for before then must not be used. */
  onForget (listener: ForgetListener): void {
    this.#listeners.push(listener)
  }

  /** Whether Redis responds, and delivers what other processes forget. */
  get isHealthy (): boolean {
    return this.#subscription.isHealthy
  }

  /** Closes what was opened here, when other processes have what they wait for or must know. The client of the user stays open. */
  async close (): Promise<void> {
    await this.#loads.settle()
    this.#subscription.close()
    this.#clockMessages.close()
    await Promise.all([this.#releases.settle(), this.#forgetSender.close()])
    this.#shared.commands.connection.close()
  }

  #handleMessage (channel: string, message: string): void {
    if (channel === this.#leases.channel) return this.#leases.handleRelease(message)
    if (this.#clockMessages.handle(channel, message)) return
    const content = this.#forgetMessages.parse(channel, message)
    if (content === undefined) return
    this.#forgets.add(content.target)
    this.#notifyListeners(content.target, content.kind, false)
  }

  #notifyListeners (...forgotten: Parameters<ForgetListener>): void {
    for (const listener of this.#listeners) listener(...forgotten)
  }
}
