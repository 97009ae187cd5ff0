/** Runs a task at once, and at most once in an interval. Of the tasks that come meanwhile, the last runs at the end of it. */
export class Throttle {
  readonly #interval: number
  #timer: NodeJS.Timeout | undefined
  #next: (() => unknown) | undefined

  /** @param interval milliseconds */
  constructor (interval: number) {
    this.#interval = interval
  }

  run (task: () => unknown): void {
    if (this.#timer !== undefined) {
      this.#next = task
      return
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (this.#next !== undefined) this.run(this.#takeNext())
    }, this.#interval).unref()
    task()
  }

  /** Runs the task that waits, and resolves when it is done. */
  async flush (): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#next !== undefined) await this.#takeNext()()
  }

  #takeNext (): () => unknown {
    const next = this.#next!
    this.#next = undefined
    return next
  }
}
