import type { DropKind } from '../shared-cache/forget-messages.ts'
import type { VerdictTarget } from '../zitadel/verdict-target.ts'
import { listNames, listTargetNames } from './verdict-names.ts'
import type { Verdict } from './verdict.ts'

/** A forget or a doubt. */
export interface DropEntry {
  /** Monotonic milliseconds. */
  readonly at: number
  /** The number of the change, in the order in which changes happened. */
  readonly change: number
  readonly kind: DropKind
}

/** What is forgotten or doubted while introspections are in flight. Each name is listed once, with its latest time. */
export class DropLog {
  /** In the order of time. A target that applies to all verdicts has the name ''. */
  readonly #entries = new Map<string, DropEntry>()

  add (target: VerdictTarget, { kind, ...when }: DropEntry): void {
    for (const name of listTargetNames(target) ?? ['']) {
      // A forget within a doubt stays a forget.
      const isForgotten = kind === 'forget' || this.#entries.get(name)?.kind === 'forget'
      this.#entries.delete(name)
      this.#entries.set(name, { ...when, kind: isForgotten ? 'forget' : 'doubt' })
    }
  }

  /**
   * Finds what was done to a verdict that arrives.
   *
   * @param applies whether something was done after the verdict was asked for
   */
  find (verdict: Verdict, key: string, applies: (entry: DropEntry) => boolean): DropKind | undefined {
    let found: DropKind | undefined
    for (const name of ['', ...listNames(verdict, key)]) {
      const entry = this.#entries.get(name)
      if (entry === undefined || !applies(entry)) continue
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
