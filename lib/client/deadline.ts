import { EventEmitter } from 'node:events'

/** Thrown by {@link withDeadline}. */
export class DeadlineExceededError extends Error {}

/**
 * Tells work by the event `abort` that its time is over. Undici takes it as a signal; an AbortSignal would be one, too, and
 * cost a fifth of an introspection.
 */
export class Deadline extends EventEmitter<{ abort: [] }> {
  aborted = false
}

/**
 * Runs work that must end in time.
 *
 * @param timeout milliseconds
 * @param work is told by the deadline when its time is over; what ignores that is left behind
 */
export function withDeadline<T> (timeout: number, work: (deadline: Deadline) => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const deadline = new Deadline()
    // It keeps the process alive for those who wait, as AbortSignal.timeout would not.
    const timer = setTimeout(() => {
      reject(new DeadlineExceededError())
      deadline.aborted = true
      deadline.emit('abort')
    }, timeout)
    work(deadline).then((result) => {
      clearTimeout(timer)
      resolve(result)
    }, (error) => {
      clearTimeout(timer)
      reject(error)
    })
  })
}
