import { hashToken } from '../oauth/token-hash.ts'
import type { DoubtTarget, VerdictTarget } from '../zitadel/verdict-target.ts'
import type { DropKind } from './forget-messages.ts'

/** What to forget. The `jti` of a token need not be known. */
export type SharedForgetTarget = DoubtTarget | { readonly token: string, readonly jti?: string | undefined }

/** A forget that other processes do not know yet. */
export interface PendingForget {
  what: SharedForgetTarget
  kind: DropKind
  /** What the other processes are sent. */
  target: VerdictTarget
  isStored: boolean
  isPublished: boolean
  /** Monotonic milliseconds after which no verdict that it applies to can be used. */
  until: number
}

/** Targets that are kept. If there are more, everything is in doubt: one message has the same effect as all of theirs. */
export const MAX_PENDING_FORGETS = 1000

/** Forgets that Redis did not accept, one for each target. */
export class PendingForgets {
  /** In the order in which they are sent. */
  readonly #forgets = new Map<string, PendingForget>()

  get size (): number {
    return this.#forgets.size
  }

  add (forget: PendingForget): void {
    const all = this.#forgets.get(ALL)
    // It is sent later, so it applies to this one too.
    if (all !== undefined) return combine(all, forget)
    const name = getName(forget.what)
    const other = this.#forgets.get(name)
    if (other !== undefined) {
      combine(forget, other)
      // A forget within a doubt stays a forget.
      if (other.kind === 'forget') forget.kind = 'forget'
    }
    this.#forgets.set(name, forget)
    if (this.#forgets.size <= MAX_PENDING_FORGETS) return
    this.#forgets.clear()
    this.#forgets.set(ALL, { what: { all: true }, kind: 'doubt', target: { all: true }, isStored: false, isPublished: false, until: forget.until })
  }

  /**
   * Removes the next one to send and returns it. What has no effect any more is dropped.
   *
   * @param now monotonic milliseconds
   */
  take (now: number): PendingForget | undefined {
    for (const [name, forget] of this.#forgets) {
      this.#forgets.delete(name)
      if (forget.until > now) return forget
    }
    return undefined
  }
}

const ALL = 'all'

/** No token is used as a name. */
function getName (what: SharedForgetTarget): string {
  if ('token' in what) return `token ${hashToken(what.token)}`
  const [kind, value] = Object.entries(what)[0]!
  return kind === ALL ? ALL : `${kind} ${value}`
}

/** One has the effect of both: it is sent again if one of them must be, for as long as one of them can have an effect. */
function combine (forget: PendingForget, other: PendingForget): void {
  forget.isStored &&= other.isStored
  forget.isPublished &&= other.isPublished
  forget.until = Math.max(forget.until, other.until)
}
