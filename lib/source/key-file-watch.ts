import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'

/** Milliseconds between two looks. */
const POLL_INTERVAL_MS = 5000

/** A print of what a file holds, which can be kept where the secret itself need not; undefined for a file that cannot be read. */
export async function readFingerprint (file: string): Promise<string | undefined> {
  return await readFile(file, 'utf8').then((text) => hash('sha256', text), () => undefined)
}

/**
 * Looks at a file again and again, and tells when it holds something else than what is in use. By its content, because an
 * orchestrator replaces secrets by turning a symbolic link, which watchers of the file system do not follow.
 *
 * @param inUse the print of what is in use, taken before that was read: a change in between is then seen
 * @param replace takes over what the file holds; false asks to be called again at the next look
 * @param interval milliseconds
 * @returns what ends it
 */
export function watchKeyFile (file: string, inUse: string | undefined, replace: () => Promise<boolean>, interval: number = POLL_INTERVAL_MS): () => void {
  let known = inUse
  let isPolling = false
  let hasEnded = false
  const poll = async (): Promise<void> => {
    const found = await readFingerprint(file)
    // A file that is missing for a moment is being replaced.
    if (found !== undefined && found !== known && !hasEnded && await replace()) known = found
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
