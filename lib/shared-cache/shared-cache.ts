import { hash } from 'node:crypto'
import type { SharedCacheOptions } from '../options/shared-cache-options.ts'
import type { TimedResponse } from './serialization.ts'
import { Leases } from './leases.ts'
import { SharedEntry, type SharedCacheContext } from './entry.ts'
import { ForgetMessages, type ForgetEvent, type ForgetKind, type ForgetMessageContent } from './forget-messages.ts'
import { Subscription } from './subscription.ts'
import type { TombstoneSubject } from './tombstones.ts'

/** What to forget. The `jti` of a token need not be known. */
export type SharedForgetTarget =
  | { readonly token: string, readonly jti?: string | undefined }
  | { readonly sub: string }
  | { readonly jti: string }
  | { readonly session: string }
  | { readonly all: true }

/**
 * Called for what this process and others forget. The kind `'gap'` means that messages of other processes may be lost.
 *
 * @param isOwn whether this process has caused it
 */
export type ForgetListener = (forgotten: ForgetEvent, kind: ForgetKind | 'gap', isOwn: boolean) => void

/**
 * What ZITADEL said of active tokens, for a fleet of processes to read. Redis is believed nothing but that something is not
 * there: whatever it says that no holder of the fleet's key has sealed is a miss.
 */
export class SharedCache {
  readonly #shared: SharedCacheContext
  readonly #leases: Leases
  readonly #forgetMessages: ForgetMessages
  readonly #subscription: Subscription
  readonly #listeners: ForgetListener[] = []
  /** How often something was forgotten, here or elsewhere: what was being read meanwhile is not taken. */
  #forgetCount = 0

  /** @param interval milliseconds between two looks at whether the subscription still listens */
  constructor (client: SharedCacheOptions['client'], tier: SharedCacheContext, wait: number, interval: number) {
    const { commands, keys, prefix } = tier
    this.#shared = tier
    this.#leases = new Leases(commands, `${prefix}:released:${keys[0]!.channel}`, wait)
    this.#forgetMessages = new ForgetMessages(commands, keys, prefix)
    this.#subscription = new Subscription(client, commands, prefix, [this.#leases.channel, ...this.#forgetMessages.channels], {
      onMessage: (channel, message) => channel === this.#leases.channel ? this.#leases.handleRelease(message) : this.#handleMessage(this.#forgetMessages.parse(channel, message)),
      // What is being read meanwhile is held against the tombstones, and misses nothing.
      onGap: () => this.#notifyListeners({ all: true }, 'gap', false)
    }, interval)
  }

  /**
   * An answer that the fleet has, or that one process of it asks for while the others wait a while.
   *
   * @param maxAge milliseconds. No older answer is taken; with 0 none is, and nobody is waited for
   * @param ask is called at most once
   * @throws what `ask` throws, and nothing else
   */
  async getOrLoad (token: string, maxAge: number, ask: () => Promise<TimedResponse>): Promise<TimedResponse> {
    const entry = new SharedEntry(this.#shared, token)
    const forgets = this.#forgetCount
    const found = maxAge > 0 ? await this.#leases.loadOrAcquire(entry, maxAge).catch(() => undefined) : undefined
    if (typeof found === 'object' && forgets === this.#forgetCount) return found
    try {
      const answered = await ask()
      entry.store(answered)
      return answered
    } finally {
      if (found === 'claimed') this.#leases.release(entry)
    }
  }

  /**
   * Lets no process of the fleet believe what was asked before.
   *
   * @param kind whether the tokens stay known
   * @returns whether Redis has it; if not, other processes may go on until their verdicts' ttl ends
   */
  async forget (what: SharedForgetTarget, kind: ForgetKind = 'forget'): Promise<boolean> {
    const { tombstones, commands } = this.#shared
    this.#forgetCount++
    let isKept = await tombstones.put(what)
    let forgotten: ForgetEvent
    if ('token' in what) {
      const entry = new SharedEntry(this.#shared, what.token)
      const jti = what.jti ?? await entry.loadJti()
      if (jti !== what.jti) isKept = await tombstones.put({ jti }) && isKept
      entry.delete()
      forgotten = { key: hash('sha256', what.token, 'base64url'), jti }
    } else forgotten = what
    // Here as well: its jti may be known only now, and what was loaded before the tombstones were there is not believed.
    this.#notifyListeners(forgotten, kind, true)
    // After the tombstones: who hears it and asks the tier again must find them.
    const isTold = await this.#forgetMessages.publish(forgotten, kind)
    if (isKept && isTold) return true
    commands.warn('FORGET', 'something is forgotten by this process alone: other processes may believe it until its ttl ends')
    return false
  }

  /**
   * Whether a verdict of this process was forgotten by another since ZITADEL was asked.
   *
   * @param askedAt monotonic milliseconds
   * @throws RedisFailure
   */
  async isForgotten (subject: TombstoneSubject, askedAt: number): Promise<boolean> {
    const { tombstones, clock } = this.#shared
    return await tombstones.isMarked(subject, clock.wall() - (clock.monotonic() - askedAt), await tombstones.hasAny())
  }

  /** Tells what other processes forget; nothing of it that was asked for before then is to be believed. */
  onForget (listener: ForgetListener): void {
    this.#listeners.push(listener)
  }

  /** Whether Redis responds, and delivers what other processes forget. */
  get isHealthy (): boolean {
    return this.#subscription.isHealthy
  }

  /** Ends what was opened here; the client given stays open. */
  async close (): Promise<void> {
    this.#subscription.close()
  }

  #handleMessage (message: ForgetMessageContent | undefined): void {
    if (message === undefined) return
    this.#forgetCount++
    this.#notifyListeners(message.event, message.kind, false)
  }

  #notifyListeners (...forgotten: Parameters<ForgetListener>): void {
    for (const listener of this.#listeners) listener(...forgotten)
  }
}
