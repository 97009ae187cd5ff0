/** Milliseconds between two lines where the output is no terminal. */
const LINE_INTERVAL_MS = 30_000

/**
 * Shows how far a long command is: one line that is rewritten on a terminal, a line now and then elsewhere. It is written
 * to standard error, so that the output of the command stays clean.
 *
 * @param {string} label
 * @param {NodeJS.WriteStream} [stream]
 */
export function createProgress (label, stream = process.stderr) {
  const start = performance.now()
  let lastLine = start
  const describe = (done, text) => {
    const elapsed = (performance.now() - start) / 1000
    // Too little is known at the beginning.
    const left = done > 0.02 ? `, about ${formatSeconds(elapsed / done - elapsed)} left` : ''
    return `${label}: ${Math.floor(done * 100)} %, ${formatSeconds(elapsed)}${left}${text === '' ? '' : ` (${text})`}`
  }
  return {
    /**
     * @param {number} done from 0 to 1
     * @param {string} text what is done at the moment
     */
    update (done, text = '') {
      if (stream.isTTY) {
        stream.write(`\r\u001b[K${describe(Math.min(done, 1), text).slice(0, Math.max(20, (stream.columns ?? 80) - 1))}`)
      } else if (performance.now() - lastLine >= LINE_INTERVAL_MS) {
        lastLine = performance.now()
        stream.write(`${describe(Math.min(done, 1), text)}\n`)
      }
    },
    /** Removes the line, so that the results begin on a line of their own. */
    end () {
      if (stream.isTTY) stream.write('\r\u001b[K')
    }
  }
}

function formatSeconds (seconds) {
  const whole = Math.max(0, Math.round(seconds))
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`
}
