/** The longest sleep, in milliseconds. A timer does not follow a change of the wall clock. */
export const MAX_SLEEP_MS = 15_000

/**
 * Milliseconds between two checks of all tokens, unless one expires: rechecks wait for each other, so that a check finds several. With
 * more tokens the time is longer, because a check takes longer.
 */
const [MIN_SLEEP_MS, SLEEP_PER_TOKEN_MS, MAX_MIN_SLEEP_MS] = [100, 0.1, 1000]

/** @param tokens their number */
export function getMinSleep (tokens: number): number {
  return Math.min(MAX_MIN_SLEEP_MS, Math.max(MIN_SLEEP_MS, tokens * SLEEP_PER_TOKEN_MS))
}

/** One timer for the earliest of several times. It keeps no process alive. */
export class WakeUp {
  readonly #onWake: () => void
  #timer: NodeJS.Timeout | undefined
  /** Monotonic milliseconds. */
  #at = Infinity

  constructor (onWake: () => void) {
    this.#onWake = onWake
  }

  /**
   * @param delay milliseconds. It is negative for a time in the past, for which Node.js from 24 on would write a warning
   * @param now monotonic milliseconds
   */
  schedule (delay: number, now: number): void {
    if (now + delay >= this.#at) return
    clearTimeout(this.#timer)
    this.#at = now + delay
    this.#timer = setTimeout(this.#onWake, Math.max(0, delay)).unref()
  }

  clear (): void {
    clearTimeout(this.#timer)
    this.#at = Infinity
  }
}
