import { listNames, listTargetNames, type VerdictNames, type VerdictTarget } from './verdict-target.ts'

/** Finds the keys of verdicts by the names that they carry, so that a forget costs no more than its matches. */
export class VerdictIndex {
  /** One key for most names: a Set for each would cost more memory than a verdict's own names. */
  readonly #keys = new Map<string, string | Set<string>>()

  add (names: VerdictNames, key: string): void {
    for (const name of listNames(names)) {
      const keys = this.#keys.get(name)
      if (keys === undefined) this.#keys.set(name, key)
      else if (typeof keys !== 'string') keys.add(key)
      else if (keys !== key) this.#keys.set(name, new Set([keys, key]))
    }
  }

  remove (names: VerdictNames, key: string): void {
    for (const name of listNames(names)) {
      const keys = this.#keys.get(name)
      if (keys === undefined) continue
      if (typeof keys !== 'string' && keys.delete(key) && keys.size > 0) continue
      this.#keys.delete(name)
    }
  }

  /** Returns a copy, so that the verdicts can be removed while a caller reads it. */
  find (name: string): readonly string[] {
    const keys = this.#keys.get(name)
    if (keys === undefined) return []
    return typeof keys === 'string' ? [keys] : [...keys]
  }

  /** Returns the keys that a target applies to, whether they were added or not; undefined if it applies to all. */
  findTarget (target: VerdictTarget): readonly string[] | undefined {
    const keys = listTargetNames(target)?.flatMap((name) => this.find(name))
    return keys !== undefined && 'key' in target ? [target.key, ...keys] : keys
  }
}
