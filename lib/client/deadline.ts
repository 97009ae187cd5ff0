import { EventEmitter } from 'node:events'

/** Thrown by {@link withDeadline} when the time is over. */
export class DeadlineExceededError extends Error {}

/**
 * The end of the time for one piece of work: it emits `abort` once. undici 6 and 7 accept it as the signal of a request. It
 * is no AbortSignal, because one costs a fifth of an introspection.
 */
export class Deadline extends EventEmitter<{ abort: [] }> {
  aborted = false

  /** Ends the time now. A second call changes nothing. */
  abort (): void {
    if (this.aborted) return
    this.aborted = true
    this.emit('abort')
  }

  /** Creates a signal for code that requires an AbortSignal. */
  toAbortSignal (): AbortSignal {
    if (this.aborted) return AbortSignal.abort()
    const controller = new AbortController()
    this.once('abort', () => controller.abort())
    return controller.signal
  }
}

/**
 * Runs work that must end in time.
 *
 * @param timeout milliseconds
 * @param work gets the deadline; its result is ignored after the deadline
 * @returns the result of the work
 * @throws DeadlineExceededError when the time is over or `abort()` is called, or what the work throws
 */
export function withDeadline<T> (timeout: number, work: (deadline: Deadline) => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const deadline = new Deadline()
    // Unlike the timer of AbortSignal.timeout, this one keeps the process running while a caller waits.
    const timer = setTimeout(() => deadline.abort(), timeout)
    deadline.once('abort', () => {
      clearTimeout(timer)
      reject(new DeadlineExceededError())
    })
    work(deadline).then((result) => {
      clearTimeout(timer)
      resolve(result)
    }, (error) => {
      clearTimeout(timer)
      reject(error)
    })
  })
}
