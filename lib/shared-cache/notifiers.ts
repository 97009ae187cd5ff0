/** Wakes one waiter. If `notify()` comes before `wait()`, the next `wait()` returns at once. */
export class Notifier {
  #isNotified = false
  #wake = (): void => {}

  notify (): void {
    this.#isNotified = true
    this.#wake()
  }

  /** @param timeout milliseconds after which it resolves without a notification */
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

/** Notifiers by name. */
export class KeyedNotifiers {
  readonly #waiting = new Map<string, Set<Notifier>>()

  notify (name: string): void {
    for (const notifier of this.#waiting.get(name) ?? []) notifier.notify()
  }

  /** Runs work with a notifier that receives notifications from the start. */
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
