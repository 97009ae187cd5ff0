import type { ForgetMessage } from '../channels.ts'
import type { ForgetKind } from '../shared-cache/forget-messages.ts'
import type { SharedCache } from '../shared-cache/shared-cache.ts'
import type { VerdictCache } from './verdict-cache.ts'
import type { VerdictLoader } from './verdict-loader.ts'
import type { VerdictTarget } from './verdict-target.ts'

/** What can be doubted: everything that can be forgotten, but no single token, because no event names one. */
export type DoubtTarget = Exclude<VerdictTarget, { readonly key: string }>

/** What {@link Forgetter.forget} takes: a token comes with its key in the cache. */
export type ForgetTarget = { readonly token: string, readonly key: string } | { readonly sub: string } | { readonly jti: string }

/** Called after verdicts of this process were dropped, or must be confirmed. */
export type OnForget = (report: Omit<ForgetMessage, 'registration'>) => void

/** Drops verdicts of this process and, through the shared cache, of the others. Applies what the others drop. */
export class Forgetter {
  readonly #cache: VerdictCache
  readonly #loader: VerdictLoader
  readonly #sharedCache: SharedCache | undefined
  readonly #onForget: OnForget | undefined

  constructor (cache: VerdictCache, loader: VerdictLoader, sharedCache: SharedCache | undefined, onForget: OnForget | undefined) {
    this.#cache = cache
    this.#loader = loader
    this.#sharedCache = sharedCache
    this.#onForget = onForget
    sharedCache?.onForget((target, kind, isOwn) => {
      const isGap = kind === 'gap' || kind === 'cut-off'
      const verdicts = 'all' in target ? loader.handleGap(isGap ? kind === 'cut-off' : undefined) : this.#drop(target, kind as ForgetKind)
      // What this process has caused was reported before.
      if (!isOwn) this.#report(target, isGap ? 'gap' : kind, 'process', verdicts)
    })
  }

  /** Resolves when the shared cache has it. */
  async forget (what: ForgetTarget): Promise<void> {
    const jti = 'token' in what ? this.#cache.getJti(what.key) : undefined
    const target = 'token' in what ? { key: what.key, jti } : what
    this.#report(target, 'forget', 'call', this.#drop(target, 'forget'))
    await this.#sharedCache?.forget('token' in what ? { token: what.token, jti } : what, 'forget')
  }

  /** At once in this process, soon in the others. A failure to reach them is logged by the shared cache. */
  doubt (target: DoubtTarget, source: 'event' | 'logout'): void {
    this.#report(target, 'doubt', source, this.#drop(target, 'doubt'))
    this.#sharedCache?.forget(target, 'doubt')
  }

  #drop (target: VerdictTarget, kind: ForgetKind): number {
    if (!('key' in target)) return this.#loader.forget(target, kind)
    // Another process may not have met the token.
    return this.#loader.forget({ key: target.key, jti: target.jti ?? this.#cache.getJti(target.key) }, kind)
  }

  #report (target: VerdictTarget, kind: ForgetMessage['kind'], source: ForgetMessage['source'], verdicts: number): void {
    this.#onForget?.({ kind, source, target: getKind(target), verdicts, sub: 'sub' in target ? target.sub : undefined })
  }
}

function getKind (target: VerdictTarget): ForgetMessage['target'] {
  if ('key' in target) return 'token'
  return Object.keys(target)[0] as 'all' | 'sub' | 'session' | 'jti'
}
