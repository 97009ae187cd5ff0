/** Milliseconds between two runs at least, so that verdicts that end one after the other do not start the timer for each. */
const MIN_DELAY_MS = 100

/** Milliseconds. Node.js runs a timer at once if its delay is above 2^31 - 1. */
const MAX_DELAY_MS = 3_600_000

/** Calls a function again and again while there is something to release. It does not keep the process alive. */
export class ReleaseTimer {
  readonly #release: () => number
  #timer: NodeJS.Timeout | undefined

  /** @param release returns the milliseconds after which it must be called again; Infinity to end */
  constructor (release: () => number) {
    this.#release = release
  }

  /** @param delay milliseconds. A timer that runs already stays as it is */
  start (delay: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      const next = this.#release()
      if (next !== Infinity) this.start(next)
    }, Math.min(Math.max(delay, MIN_DELAY_MS), MAX_DELAY_MS)).unref()
  }

  close (): void {
    clearTimeout(this.#timer)
  }
}
