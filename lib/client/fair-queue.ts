/** Subjects without entries whose turn is remembered. */
const MAX_IDLE_SUBJECTS = 10_000

/**
 * A queue that serves subjects alternately: an entry does not wait for all entries of another subject. A subject that was not
 * served in this round comes first, so that one with few entries does not wait for many subjects that always have some.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8290#section-4.2 RFC 8290 section 4.2}, which schedules flows of packets by the same rule
 */
export class FairQueue<T> {
  /** Subjects that were not served in this round, in the order of arrival. */
  readonly #fresh = new Map<unknown, Set<T>>()
  /** Subjects that were served, in that order. One without entries stays until its next turn: an entry that comes earlier waits for it. */
  readonly #served = new Map<unknown, Set<T>>()
  /** The subjects by their number of entries. */
  readonly #byCount = new Map<number, Set<unknown>>()
  #size = 0
  #most = 0

  get size (): number {
    return this.#size
  }

  /** The number of entries of one subject. */
  count (subject: unknown): number {
    return this.#find(subject)?.size ?? 0
  }

  add (subject: unknown, entry: T): void {
    let entries = this.#find(subject)
    if (entries === undefined) this.#fresh.set(subject, entries = new Set())
    entries.add(entry)
    this.#size++
    this.#recount(subject, entries.size - 1, entries.size)
  }

  /** Removes an entry, if the queue still has it. */
  delete (subject: unknown, entry: T): void {
    const entries = this.#find(subject)
    if (entries?.delete(entry) !== true) return
    if (entries.size === 0) this.#fresh.delete(subject)
    this.#size--
    this.#recount(subject, entries.size + 1, entries.size)
    // The queue is empty: the order of the subjects is forgotten.
    if (this.#size === 0) this.#served.clear()
  }

  /** Removes and returns the first entry of the subject whose turn it is. The subject then goes to the end. */
  shift (): T | undefined {
    for (const subjects of [this.#fresh, this.#served]) {
      for (const [subject, entries] of subjects) {
        const [entry] = entries
        if (entry !== undefined) this.delete(subject, entry)
        subjects.delete(subject)
        if (entry === undefined) continue
        if (entries.size > 0 || (this.#size > 0 && this.#served.size < MAX_IDLE_SUBJECTS)) this.#served.set(subject, entries)
        return entry
      }
    }
    return undefined
  }

  /**
   * Removes and returns the first entry of the subject with the most entries, if these are more than the given subject would have
   * with one entry more.
   */
  evictFor (subject: unknown): T | undefined {
    if (this.#most <= this.count(subject) + 1) return undefined
    const [largest] = this.#byCount.get(this.#most)!
    const [entry] = this.#find(largest)!
    this.delete(largest, entry!)
    return entry
  }

  #find (subject: unknown): Set<T> | undefined {
    return this.#fresh.get(subject) ?? this.#served.get(subject)
  }

  #recount (subject: unknown, before: number, after: number): void {
    const subjects = this.#byCount.get(before)
    subjects?.delete(subject)
    if (subjects?.size === 0) this.#byCount.delete(before)
    if (after > 0) {
      const others = this.#byCount.get(after)
      if (others === undefined) this.#byCount.set(after, new Set([subject]))
      else others.add(subject)
    }
    if (after > this.#most || !this.#byCount.has(this.#most)) this.#most = after
  }
}
