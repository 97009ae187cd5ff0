import type { NamedTarget, VerdictTarget } from '../zitadel/verdict-target.ts'
import type { VerdictNames } from './verdict-names.ts'

const KINDS = ['sub', 'jti', 'session', 'sid'] as const

/** Finds the keys of verdicts by the names that they carry, so that a forget costs no more than its matches. */
export class VerdictIndex {
  /** The names are the strings of the responses. One key for most of them: a Set for each would cost more memory than a verdict's own names. */
  readonly #keys: Readonly<Record<typeof KINDS[number], Map<string, string | Set<string>>>>

  constructor () {
    const sessions = new Map<string, string | Set<string>>()
    this.#keys = { sub: new Map(), jti: new Map(), session: sessions, sid: sessions }
  }

  add (names: VerdictNames, key: string): void {
    for (const kind of KINDS) {
      const name = names[kind]
      if (name === undefined) continue
      const keys = this.#keys[kind].get(name)
      if (keys === undefined) this.#keys[kind].set(name, key)
      else if (typeof keys !== 'string') keys.add(key)
      else if (keys !== key) this.#keys[kind].set(name, new Set([keys, key]))
    }
  }

  remove (names: VerdictNames, key: string): void {
    for (const kind of KINDS) {
      const name = names[kind]
      const keys = name === undefined ? undefined : this.#keys[kind].get(name)
      const isLast = typeof keys === 'string' ? keys === key : keys?.delete(key) === true && keys.size === 0
      if (isLast) this.#keys[kind].delete(name!)
    }
  }

  /** Returns the keys that a target applies to, whether they were added or not; undefined if it applies to all. */
  findTarget (target: NamedTarget): readonly string[]
  findTarget (target: VerdictTarget): readonly string[] | undefined
  findTarget (target: VerdictTarget): readonly string[] | undefined {
    if ('all' in target) return undefined
    // Copies, so that the verdicts can be removed while a caller reads it.
    const found = KINDS.flatMap((kind) => {
      const name = (target as Partial<VerdictNames>)[kind]
      const keys = name === undefined ? [] : this.#keys[kind].get(name) ?? []
      return typeof keys === 'string' ? [keys] : [...keys]
    })
    return 'key' in target ? [target.key, ...found] : found
  }

  /**
   * Removes a name that more keys than a limit carry, without a copy of them. They stay listed under their other names.
   *
   * @returns the keys that a target applies to; undefined if they are not more
   */
  takeMany (target: NamedTarget, limit: number): Set<string> | undefined {
    for (const kind of KINDS) {
      const name = (target as Partial<VerdictNames>)[kind]
      const keys = name === undefined ? undefined : this.#keys[kind].get(name)
      if (keys === undefined || typeof keys === 'string' || keys.size <= limit) continue
      this.#keys[kind].delete(name!)
      return 'key' in target ? keys.add(target.key) : keys
    }
    return undefined
  }
}
