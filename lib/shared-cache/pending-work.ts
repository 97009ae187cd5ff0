/** Work that must end before a connection is closed. */
export class PendingWork {
  readonly #pending = new Set<Promise<unknown>>()

  /** @returns the result of the work */
  async track<T> (work: Promise<T>): Promise<T> {
    this.#pending.add(work)
    return await work.finally(() => this.#pending.delete(work))
  }

  /** Resolves when all work that was tracked until now has ended. */
  async settle (): Promise<void> {
    await Promise.allSettled(this.#pending)
  }
}
