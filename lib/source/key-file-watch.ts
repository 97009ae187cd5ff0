import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'

const POLL_INTERVAL_MS = 5000

/** Failed polls in a row after which the file counts as missing: a minute. Fewer can be a replacement. */
const MAX_MISSED = 12

/** Returns a hash of the content of a file, so that the secret itself need not be kept; undefined for a file that cannot be read. */
export async function readFingerprint (file: string): Promise<string | undefined> {
  return await readFile(file).then((content) => hash('sha256', content), () => undefined)
}

/**
 * Polls a file, and calls a function if its content differs from what is in use, and once if it cannot be read for a minute: the
 * function reports why, and without a report the problem would show only at the next start. The content is compared, because an orchestrator
 * replaces secrets by a new symbolic link, which watchers of the file system do not follow.
 *
 * @param inUse the fingerprint of what is in use, read before the content, so that a change in between is detected
 * @param replace starts to use the content of the file; if it returns false, it is called again at the next poll
 * @param onRestored called if the file has the content in use again after a call of `replace` that returned false
 * @param interval milliseconds
 * @returns a function that ends the watch
 */
export function watchKeyFile (file: string, inUse: string | undefined, replace: () => Promise<boolean>, onRestored: () => void, interval: number = POLL_INTERVAL_MS): () => void {
  let known = inUse
  let missed = 0
  let hasFailed = false
  let isPolling = false
  let hasEnded = false
  const poll = async (): Promise<void> => {
    const found = await readFingerprint(file)
    missed = found === undefined ? missed + 1 : 0
    const isDue = found === undefined ? missed === MAX_MISSED : found !== known
    if (hasEnded) return
    if (isDue) {
      hasFailed = !await replace()
      if (!hasFailed) known = found
    } else if (hasFailed && found === known) {
      hasFailed = false
      onRestored()
    }
  }
  const timer = setInterval(() => {
    if (isPolling) return
    isPolling = true
    poll().finally(() => { isPolling = false }).catch(() => {})
  }, interval)
  timer.unref()
  return () => {
    hasEnded = true
    clearInterval(timer)
  }
}
