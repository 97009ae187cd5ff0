/** Milliseconds without a message after which a process counts as cut off from the others. */
export const SILENCE_MS = 5000

/** Calls a function when nothing was received for a while, and again each time that this while has passed. */
export class SilenceTimer {
  readonly #timer: NodeJS.Timeout
  #received = 0

  /** @param limit milliseconds */
  constructor (limit: number, onSilence: () => void) {
    this.#timer = setTimeout(() => {
      const before = this.#received
      this.#timer.refresh()
      // The sockets are read once more first: if this process was busy, a message may have arrived.
      setImmediate(() => { if (before === this.#received) onSilence() })
    }, limit).unref()
  }

  /** Something was received. */
  reset (): void {
    this.#received++
    this.#timer.refresh()
  }

  close (): void {
    // A check that is due finds something received.
    this.#received++
    clearTimeout(this.#timer)
  }
}
