/** Thrown by {@link withDeadline}. */
export class DeadlineExceeded extends Error {}

/**
 * Runs work that must end in time.
 *
 * @param timeout milliseconds
 * @param work is told by the signal when its time is over; what ignores the signal is left behind
 */
export async function withDeadline<T> (timeout: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<never>((_resolve, reject) => {
    // Not AbortSignal.timeout: it costs more, and does not keep the process alive for those who wait.
    timer = setTimeout(() => {
      reject(new DeadlineExceeded())
      controller.abort()
    }, timeout)
  })
  try {
    return await Promise.race([work(controller.signal), over])
  } finally {
    clearTimeout(timer)
  }
}
