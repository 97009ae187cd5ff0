import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'

/** Milliseconds between two looks. */
const INTERVAL = 5000

/** A print of what a file holds, which can be kept where the secret itself need not; undefined for a file that cannot be read. */
export async function printOf (file: string): Promise<string | undefined> {
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
export function watchKeyFile (file: string, inUse: string | undefined, replace: () => Promise<boolean>, interval: number = INTERVAL): () => void {
  let known = inUse
  let isLooking = false
  let hasEnded = false
  const look = async (): Promise<void> => {
    const found = await printOf(file)
    // A file that is missing for a moment is being replaced.
    if (found !== undefined && found !== known && !hasEnded && await replace()) known = found
  }
  const timer = setInterval(() => {
    if (isLooking) return
    isLooking = true
    look().finally(() => { isLooking = false }).catch(() => {})
  }, interval)
  timer.unref()
  return () => {
    hasEnded = true
    clearInterval(timer)
  }
}
