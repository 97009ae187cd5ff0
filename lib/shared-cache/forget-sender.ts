import { hashToken } from '../oauth/token-hash.ts'
import { SharedEntry, type SharedCacheContext } from './entry.ts'
import type { VerdictTarget } from '../zitadel/verdict-target.ts'
import type { DropKind, ForgetMessages } from './forget-messages.ts'
import { PendingForgets, type PendingForget, type SharedForgetTarget } from './pending-forgets.ts'
import { PendingWork } from './pending-work.ts'
import type { SharedCacheLog } from './shared-cache-log.ts'
import { CLOCK_SKEW_MS } from './clock-skew.ts'

const CODE = 'FST_ZITADEL_SHARED_FORGET'

/** Sends forgets to the other processes: first as tombstones, then as messages. What Redis does not accept is sent again. */
export class ForgetSender {
  readonly #shared: SharedCacheContext
  readonly #messages: ForgetMessages
  readonly #log: SharedCacheLog
  readonly #onForgotten: (target: VerdictTarget, kind: DropKind) => void
  readonly #pending = new PendingForgets()
  #isSendingAgain = false
  /** What was sent again since there was nothing to send again. */
  #sentAgain = 0
  #isClosed = false
  readonly #sending = new PendingWork()

  /** @param onForgotten called when the tombstones are stored, or are not because Redis does not respond */
  constructor (shared: SharedCacheContext, messages: ForgetMessages, log: SharedCacheLog, onForgotten: (target: VerdictTarget, kind: DropKind) => void) {
    this.#shared = shared
    this.#messages = messages
    this.#log = log
    this.#onForgotten = onForgotten
  }

  /** The number of forgets that Redis has not accepted yet. */
  get pendingCount (): number {
    return this.#pending.size + (this.#isSendingAgain ? 1 : 0)
  }

  /** @returns whether Redis has stored and published it; if not, it is sent again later */
  async send (what: SharedForgetTarget, kind: DropKind): Promise<boolean> {
    return await this.#sending.track(this.#send(what, kind))
  }

  /** Sends what Redis did not accept, until it does not accept one of them. */
  async sendAgain (): Promise<void> {
    if (!this.#isSendingAgain) await this.#sending.track(this.#sendPending())
  }

  /** Sends once more what Redis did not accept. Resolves when Redis has replied to each forget, or has not for too long. */
  async close (): Promise<void> {
    await this.#sending.settle()
    await this.sendAgain()
    this.#isClosed = true
    if (this.#pending.size > 0) this.#logClosed(this.#pending.size)
  }

  #logClosed (count: number): void {
    this.#log.warn(CODE, 'the server is closed, and Redis has not accepted a forget, so only this process has forgotten. Other processes can use the verdict until its ttl ends', { reason: 'CLOSED', count })
  }

  async #send (what: SharedForgetTarget, kind: DropKind): Promise<boolean> {
    const { clock, lifetime } = this.#shared
    const until = clock.monotonic() + lifetime + 2 * CLOCK_SKEW_MS
    const forget: PendingForget = { kind, ...await this.#store(what), isPublished: false, until }
    // In this process too: the jti may be known only now, and what was loaded before the tombstones were stored is not used.
    this.#onForgotten(forget.target, kind)
    if (await this.#publish(forget)) return true
    if (this.#isClosed) this.#logClosed(1)
    else this.#keep(forget)
    return false
  }

  #keep (forget: PendingForget): void {
    this.#pending.add(forget)
    this.#log.warn(CODE, 'Redis did not accept a forget, so only this process has forgotten. It is sent again when Redis responds. Until then, other processes can use the verdict until its ttl ends')
  }

  async #sendPending (): Promise<void> {
    this.#isSendingAgain = true
    for (let forget = this.#take(); forget !== undefined; forget = this.#take()) {
      if (!await this.#sendAgain(forget)) {
        this.#keep(forget)
        break
      }
      this.#sentAgain++
    }
    this.#isSendingAgain = false
    if (this.#sentAgain === 0 || this.#pending.size > 0) return
    this.#log.end(CODE, '', 'Redis accepts forgets of this process again, and those that it had not accepted were sent', { reason: 'SENT', count: this.#sentAgain })
    this.#sentAgain = 0
  }

  #take (): PendingForget | undefined {
    return this.#pending.take(this.#shared.clock.monotonic())
  }

  async #sendAgain (forget: PendingForget): Promise<boolean> {
    if (!forget.isStored) {
      Object.assign(forget, await this.#store(forget.what))
      if (forget.isStored) this.#onForgotten(forget.target, forget.kind)
      // Without tombstones, a second message has no effect that the first one did not have.
      else if (forget.isPublished) return false
    }
    return await this.#publish(forget)
  }

  async #store (what: SharedForgetTarget): Promise<Pick<PendingForget, 'what' | 'target' | 'isStored'>> {
    const { tombstones } = this.#shared
    const isStored = await tombstones.put(what)
    if (!('token' in what)) return { what, target: what, isStored }
    const entry = new SharedEntry(this.#shared, what.token)
    const jti = what.jti ?? await entry.loadJti()
    const isJtiStored = jti === what.jti || await tombstones.put({ jti })
    entry.delete()
    // The entry is gone: its jti is kept for the next time.
    return { what: { ...what, jti }, target: { key: hashToken(what.token), jti }, isStored: isStored && isJtiStored }
  }

  /** After the tombstones: a process that receives the message and reads the shared cache again must find them. */
  async #publish (forget: PendingForget): Promise<boolean> {
    const isPublished = await this.#messages.publish(forget.target, forget.kind)
    forget.isPublished ||= isPublished
    return forget.isStored && isPublished
  }
}
