/** A queue that serves subjects alternately: an entry does not wait for all entries of another subject. */
export class FairQueue<T> {
  readonly #entries = new Map<unknown, Set<T>>()
  #size = 0

  get size (): number {
    return this.#size
  }

  /** The number of entries of one subject. */
  count (subject: unknown): number {
    return this.#entries.get(subject)?.size ?? 0
  }

  add (subject: unknown, entry: T): void {
    const entries = this.#entries.get(subject)
    if (entries === undefined) this.#entries.set(subject, new Set([entry]))
    else entries.add(entry)
    this.#size++
  }

  /** Removes an entry, if the queue still has it. */
  delete (subject: unknown, entry: T): void {
    const entries = this.#entries.get(subject)
    if (entries?.delete(entry) !== true) return
    this.#size--
    if (entries.size === 0) this.#entries.delete(subject)
  }

  /** Removes and returns the first entry of the first subject. The subject then goes to the end. */
  shift (): T | undefined {
    const [next] = this.#entries
    if (next === undefined) return undefined
    const [subject, entries] = next
    const [entry] = entries
    this.delete(subject, entry!)
    if (entries.size > 0) {
      this.#entries.delete(subject)
      this.#entries.set(subject, entries)
    }
    return entry
  }
}
