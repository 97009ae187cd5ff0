import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A process of its own, whose functions can be called from here. */
export class Child {
  #process
  #calls = new Map()
  #last = 0

  /**
   * @param {string} file next to this one
   * @param {(event: object) => void} onEvent called with the messages that are no results
   */
  constructor (file, onEvent = () => {}) {
    this.#process = fork(fileURLToPath(new URL(file, import.meta.url)), { execArgv: ['--expose-gc'] })
    this.exited = once(this.#process, 'exit')
    this.#process.on('message', ({ id, result, error, event }) => {
      if (event !== undefined) return onEvent(event)
      const { resolve, reject } = this.#calls.get(id)
      this.#calls.delete(id)
      if (error === undefined) resolve(result)
      else reject(new Error(error))
    })
    this.#process.on('exit', (code, signal) => onEvent({ exit: code ?? signal }))
  }

  async call (name, ...args) {
    const id = ++this.#last
    return await new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject })
      this.#process.send({ id, name, args })
    })
  }

  /** From now on, the process must end by itself. */
  disconnect () { this.#process.disconnect() }
  kill () { this.#process.kill('SIGKILL') }
}

/** The other side: lets the parent call these functions. */
export function serve (functions) {
  process.on('message', async ({ id, name, args }) => {
    try {
      process.send({ id, result: await functions[name](...args) })
    } catch (error) {
      process.send({ id, error: String(error.stack) })
    }
  })
}
