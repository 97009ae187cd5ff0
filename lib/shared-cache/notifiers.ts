/** What somebody waits for who may also be told while he looks elsewhere. */
export class Notifier {
  #isNotified = false
  #wake = (): void => {}

  notify (): void {
    this.#isNotified = true
    this.#wake()
  }

  /** Resolves when it rings, at once if it has rung since the last time, and after so many milliseconds in any case. */
  async wait (timeout: number): Promise<void> {
    if (!this.#isNotified) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeout)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    this.#isNotified = false
  }
}

/** The bells of those who wait, by what they wait for. */
export class KeyedNotifiers {
  readonly #waiting = new Map<string, Set<Notifier>>()

  notify (name: string): void {
    for (const notifier of this.#waiting.get(name) ?? []) notifier.notify()
  }

  /** Runs work that can hear from its start whether somebody rings. */
  async withNotifier<T> (name: string, work: (notifier: Notifier) => Promise<T>): Promise<T> {
    const notifier = new Notifier()
    const notifiers = this.#waiting.get(name) ?? new Set()
    this.#waiting.set(name, notifiers.add(notifier))
    try {
      return await work(notifier)
    } finally {
      notifiers.delete(notifier)
      if (notifiers.size === 0) this.#waiting.delete(name)
    }
  }
}
