/** Items of one turn of the process: some milliseconds of work. */
export const SLICE_SIZE = 1000

/** Does something for each of very many items, some in each turn, so that the process is not blocked. */
export class SlicedLoop<T> {
  readonly #each: (item: T) => void
  #items!: Iterator<T>
  #immediate: NodeJS.Immediate | undefined

  constructor (each: (item: T) => void) {
    this.#each = each
  }

  /** Starts with the first items at once. Other items that are not done yet are left out, so the new ones must contain them. */
  start (items: Iterable<T>): void {
    this.#items = items[Symbol.iterator]()
    this.#continue()
  }

  #continue (): void {
    for (let done = 0; done < SLICE_SIZE; done++) {
      const next = this.#items.next()
      if (next.done === true) return
      this.#each(next.value)
    }
    this.#immediate ??= setImmediate(() => {
      this.#immediate = undefined
      this.#continue()
    })
  }
}
