import type { ForgetKind } from '../shared-cache/forget-messages.ts'
import { listNames, listTargetNames, type VerdictTarget } from './verdict-target.ts'
import type { Verdict } from './verdict.ts'

interface Entry {
  readonly at: number
  readonly kind: ForgetKind
}

/** What is forgotten or doubted while introspections are in flight. Each name is listed once, with its latest time. */
export class ForgetLog {
  /** In the order of time. A target that applies to all verdicts has the name ''. */
  readonly #entries = new Map<string, Entry>()

  /** @param at monotonic milliseconds */
  add (target: VerdictTarget, kind: ForgetKind, at: number): void {
    for (const name of listTargetNames(target) ?? ['']) {
      // A forget within a doubt stays a forget.
      const isForgotten = kind === 'forget' || this.#entries.get(name)?.kind === 'forget'
      this.#entries.delete(name)
      this.#entries.set(name, { at, kind: isForgotten ? 'forget' : 'doubt' })
    }
  }

  /**
   * Finds what was done to a verdict that arrives.
   *
   * @param since monotonic milliseconds: what was done before is left out
   */
  find (verdict: Verdict, key: string, since: number): ForgetKind | undefined {
    let found: ForgetKind | undefined
    for (const name of ['', ...listNames(verdict, key)]) {
      const entry = this.#entries.get(name)
      if (entry === undefined || entry.at < since || entry.at < verdict.askedAt) continue
      if (entry.kind === 'forget') return 'forget'
      found = 'doubt'
    }
    return found
  }

  /** Drops what was done before a time. */
  prune (before: number): void {
    for (const [name, { at }] of this.#entries) {
      if (at >= before) return
      this.#entries.delete(name)
    }
  }
}
