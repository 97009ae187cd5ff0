import { readFile } from 'node:fs/promises'

/** Milliseconds between two looks. */
const INTERVAL = 5000

/**
 * Looks at a file again and again, and tells when it holds something else than what is in use. By its content, because an
 * orchestrator replaces secrets by turning a symbolic link, which watchers of the file system do not follow.
 *
 * @param replace takes over what the file holds; false asks to be called again at the next look
 * @param interval milliseconds
 * @returns what ends it
 */
export function watchKeyFile (file: string, replace: () => Promise<boolean>, interval: number = INTERVAL): () => void {
  const read = async (): Promise<string | undefined> => await readFile(file, 'utf8').catch(() => undefined)
  let inUse = read()
  let isLooking = false
  const look = async (): Promise<void> => {
    const [known, found] = await Promise.all([inUse, read()])
    // A file that is missing for a moment is being replaced.
    if (found !== undefined && found !== known && await replace()) inUse = Promise.resolve(found)
  }
  const timer = setInterval(() => {
    if (isLooking) return
    isLooking = true
    look().finally(() => { isLooking = false }).catch(() => {})
  }, interval)
  timer.unref()
  return () => clearInterval(timer)
}
