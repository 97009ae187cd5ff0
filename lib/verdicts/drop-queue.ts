/** How many verdicts are dropped in one turn of the event loop: some milliseconds of work. */
export const MAX_DROPS = 1000

interface Drops {
  readonly keys: Set<string>
  readonly rest: Iterator<string>
  readonly drop: (key: string) => void
}

/**
 * Drops of more verdicts than one turn of the process has time for, such as those of a user with very many tokens. A verdict that
 * is needed before its turn must be dropped first.
 */
export class DropQueue {
  readonly #queue: Drops[] = []

  /**
   * @param keys are removed from the set when they are dropped
   * @returns their number
   */
  add (keys: Set<string>, drop: (key: string) => void): number {
    const { size } = keys
    this.#queue.push({ keys, rest: keys.values(), drop })
    if (this.#queue.length === 1) this.#continue()
    return size
  }

  /** Does what is left to do for one key, in order. */
  run (key: string): void {
    // This runs at each hit of the cache.
    if (this.#queue.length === 0) return
    // The entries are found first, because `drop` calls `run` again for the same key.
    for (const { drop } of this.#queue.filter(({ keys }) => keys.delete(key))) drop(key)
  }

  #continue (): void {
    setImmediate(() => {
      const { rest } = this.#queue[0]!
      for (let dropped = 0; dropped < MAX_DROPS; dropped++) {
        const { done, value } = rest.next()
        if (done === true) {
          this.#queue.shift()
          break
        }
        this.run(value)
      }
      if (this.#queue.length > 0) this.#continue()
    })
  }
}
