import type { WatchedToken } from './watched-token.ts'

/** The number of rechecks at the same time: few, so that requests have the most of the limits. */
const MAX_CONCURRENT = 8

/** Rechecks tokens, a few at a time. While introspections of requests wait in the queue, one at a time. */
export class RecheckQueue {
  readonly #waiting = new Set<WatchedToken>()
  readonly #recheck: (watched: WatchedToken) => Promise<void>
  readonly #isBusy: () => boolean
  #running = 0
  #immediate: NodeJS.Immediate | undefined

  /** @param recheck never rejects */
  constructor (recheck: (watched: WatchedToken) => Promise<void>, isBusy: () => boolean) {
    this.#recheck = recheck
    this.#isBusy = isBusy
  }

  add (watched: WatchedToken): void {
    watched.isRechecking = true
    this.#waiting.add(watched)
    this.#continue()
  }

  delete (watched: WatchedToken): void {
    this.#waiting.delete(watched)
  }

  clear (): void {
    this.#waiting.clear()
  }

  /** In a turn of its own: thousands of rechecks that end at once, in the cache or by an open circuit, must not block requests. */
  #continue (): void {
    this.#immediate ??= setImmediate(() => {
      this.#immediate = undefined
      for (const watched of this.#waiting) {
        if (this.#running >= (this.#isBusy() ? 1 : MAX_CONCURRENT)) return
        this.#waiting.delete(watched)
        this.#running++
        this.#recheck(watched).then(() => {
          this.#running--
          this.#continue()
        })
      }
    })
  }
}
