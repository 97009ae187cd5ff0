/** What somebody waits for who may also be told while he looks elsewhere. */
export class Bell {
  #isRung = false
  #wake = (): void => {}

  ring (): void {
    this.#isRung = true
    this.#wake()
  }

  /** Resolves when it rings, at once if it has rung since the last time, and after so many milliseconds in any case. */
  async heard (timeout: number): Promise<void> {
    if (!this.#isRung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeout)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    this.#isRung = false
  }
}

/** The bells of those who wait, by what they wait for. */
export class Doorbells {
  readonly #waiting = new Map<string, Set<Bell>>()

  ring (name: string): void {
    for (const bell of this.#waiting.get(name) ?? []) bell.ring()
  }

  /** Runs work that can hear from its start whether somebody rings. */
  async listen<T> (name: string, work: (bell: Bell) => Promise<T>): Promise<T> {
    const bell = new Bell()
    const bells = this.#waiting.get(name) ?? new Set()
    this.#waiting.set(name, bells.add(bell))
    try {
      return await work(bell)
    } finally {
      bells.delete(bell)
      if (bells.size === 0) this.#waiting.delete(name)
    }
  }
}
