import { LRUCache } from 'lru-cache'

/** Responses of ZITADEL have some dozens of names, and metadata and roles add their own. */
const MAX_NAMES = 2000
const MAX_NAME_LENGTH = 100

/**
 * The names of members that occurred lately in responses. V8 keeps one description for objects with the same names, but a new one
 * for each member with a new name, which takes several times what the member takes.
 */
export class MemberNames {
  readonly #names = new LRUCache<string, true>({ maxSize: MAX_NAMES, sizeCalculation: () => 1 })

  /** Stores a name. Returns whether it was new. */
  readonly registerName = (name: string): boolean => {
    if (name.length > MAX_NAME_LENGTH) return true
    if (this.#names.get(name) === true) return false
    this.#names.set(name, true)
    return true
  }
}
