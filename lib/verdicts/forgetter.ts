import type { ForgetMessage } from '../channels.ts'
import { hashToken } from '../oauth/token-hash.ts'
import type { DropKind } from '../shared-cache/forget-messages.ts'
import type { SharedForgetTarget } from '../shared-cache/pending-forgets.ts'
import type { SharedCache } from '../shared-cache/shared-cache.ts'
import { getTargetKind, type DoubtTarget, type VerdictTarget } from '../zitadel/verdict-target.ts'
import { Throttle } from './throttle.ts'
import type { VerdictCache } from './verdict-cache.ts'
import type { VerdictLoader } from './verdict-loader.ts'
import type { Forgettable } from './verdict-names.ts'

/** Called after verdicts of this process were dropped, or must be confirmed. */
export type OnForget = (report: Omit<ForgetMessage, 'registration'>) => void

/**
 * Milliseconds between two doubts of all verdicts, and by which a revocation can be late. ZITADEL sends up to ten events a second,
 * and after each doubt ZITADEL is asked about each token in use.
 */
const DOUBT_ALL_INTERVAL_MS = 200

/** Drops verdicts of this process and, through the shared cache, of the others. Applies what the others drop. */
export class Forgetter {
  readonly #cache: VerdictCache
  readonly #loader: VerdictLoader
  readonly #sharedCache: SharedCache | undefined
  readonly #onForget: OnForget | undefined
  readonly #doubtsOfAll = new Throttle(DOUBT_ALL_INTERVAL_MS)
  readonly #receivedDoubtsOfAll = new Throttle(DOUBT_ALL_INTERVAL_MS)
  /** Whether no messages of other processes arrived at the last gap. */
  #isInGap = false

  constructor (cache: VerdictCache, loader: VerdictLoader, sharedCache: SharedCache | undefined, onForget: OnForget | undefined) {
    this.#cache = cache
    this.#loader = loader
    this.#sharedCache = sharedCache
    this.#onForget = onForget
    sharedCache?.onForget((target, kind, isOwn) => {
      if (kind === 'gap' || kind === 'cut-off') this.#handleGap(sharedCache, kind === 'cut-off')
      else if (!('all' in target)) this.#apply(target, kind, isOwn)
      // What was loaded before the tombstones were stored is not used.
      else if (isOwn) loader.handleGap()
      else this.#receivedDoubtsOfAll.run(() => this.#report(target, kind, 'process', loader.handleGap()))
    })
  }

  /** Resolves when the shared cache has it. */
  async forget (what: Forgettable): Promise<void> {
    if (!('token' in what)) return await this.#forget(what, what)
    const key = hashToken(what.token)
    const jti = this.#cache.getJti(key)
    await this.#forget({ key, jti }, { token: what.token, jti })
  }

  async #forget (target: VerdictTarget, shared: SharedForgetTarget): Promise<void> {
    this.#report(target, 'forget', 'call', this.#drop(target, 'forget'))
    await this.#sharedCache?.forget(shared, 'forget')
  }

  /**
   * Applies immediately in this process, and soon in the others. If all verdicts were doubted less than 200 ms ago, it applies when
   * the 200 ms have passed. The shared cache logs a failure to reach the others.
   */
  doubt (target: DoubtTarget, source: 'event' | 'logout'): void {
    const run = async (): Promise<void> => {
      this.#report(target, 'doubt', source, this.#drop(target, 'doubt'))
      await this.#sharedCache?.forget(target, 'doubt')
    }
    if ('all' in target) this.#doubtsOfAll.run(run)
    else run()
  }

  /** Sends a doubt that waits. */
  async close (): Promise<void> {
    await this.#doubtsOfAll.flush()
  }

  /** @param isOwn whether this process has caused it: then it was reported before */
  #apply (target: VerdictTarget, kind: DropKind, isOwn: boolean): void {
    const verdicts = this.#drop(target, kind)
    if (!isOwn) this.#report(target, kind, 'process', verdicts)
  }

  /** While messages do not arrive, this is repeated every few seconds. Only the first gap and the end are reported. */
  #handleGap (sharedCache: SharedCache, isCutOff: boolean): void {
    const verdicts = this.#loader.handleGap(isCutOff)
    const isRepeated = this.#isInGap && !sharedCache.isHealthy
    this.#isInGap = !sharedCache.isHealthy
    if (!isRepeated) this.#report({ all: true }, 'gap', 'process', verdicts)
  }

  #drop (target: VerdictTarget, kind: DropKind): number {
    if (!('key' in target)) return this.#loader.drop(target, kind)
    // Another process may not have met the token.
    return this.#loader.drop({ key: target.key, jti: target.jti ?? this.#cache.getJti(target.key) }, kind)
  }

  #report (target: VerdictTarget, kind: ForgetMessage['kind'], source: ForgetMessage['source'], verdicts: number): void {
    this.#onForget?.({ kind, source, target: 'key' in target ? 'token' : getTargetKind(target), verdicts, sub: 'sub' in target ? target.sub : undefined })
  }
}
