import { LRUCache } from 'lru-cache'

/** The bound of stored logouts. A replay of one that was dropped only causes another introspection. */
const MAX_LOGOUTS = 20_000

/** The ids of the latest logout tokens. */
export class LogoutMemory {
  readonly #ids = new LRUCache<string, true>({ maxSize: MAX_LOGOUTS, sizeCalculation: () => 1 })

  /** Stores the id of a logout token. Returns whether it was stored before. */
  recordLogout (jti: string): boolean {
    if (this.#ids.has(jti)) return true
    this.#ids.set(jti, true)
    return false
  }
}
