import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'

const POLL_INTERVAL_MS = 5000

/** Failed polls in a row after which the file counts as missing: a minute. Fewer can be a replacement. */
const MAX_MISSED = 12

/** Returns a hash of the content of a file, so that the secret itself need not be kept; undefined for a file that cannot be read. */
export async function readFingerprint (file: string): Promise<string | undefined> {
  return await readFile(file).then((content) => hash('sha256', content), () => undefined)
}

/** What can be used from a file, or not. */
interface Outcome {
  readonly ok: boolean
}

/** What {@link KeyFileWatch} calls. */
export interface KeyFileUser<R extends Outcome> {
  /** Starts to use the content of the file. If it fails, it is called again at the next poll. */
  readonly replace: () => Promise<R>
  /** Called if the file has other content than at a failed `replace`, or none, before anything else is called. */
  readonly onChanged: () => void
  /** Called if the file has the content in use again after a failed `replace`. */
  readonly onRestored: () => void
}

/**
 * Polls a file, and replaces what is in use if the content differs from it, and once if the file cannot be read for a minute: the
 * replacement reports why, and without a report the problem would show only at the next start. The content is compared, because an
 * orchestrator replaces secrets by a new symbolic link, which watchers of the file system do not follow.
 */
export class KeyFileWatch<R extends Outcome> {
  readonly #file: string
  readonly #user: KeyFileUser<R>
  readonly #timer: NodeJS.Timeout
  /** The fingerprint of what is in use; undefined if it is not known. */
  #inUse: string | undefined
  #missed = 0
  #hasFailed = false
  /** The fingerprint of the content with which it failed; undefined for a file that could not be read. */
  #failed: string | undefined
  #isPolling = false
  #hasEnded = false

  /**
   * @param inUse the fingerprint of what is in use, read before the content, so that a change in between is detected
   * @param interval milliseconds
   */
  constructor (file: string, inUse: string | undefined, user: KeyFileUser<R>, interval: number = POLL_INTERVAL_MS) {
    this.#file = file
    this.#inUse = inUse
    this.#user = user
    this.#timer = setInterval(() => { this.#poll() }, interval).unref()
  }

  /** Replaces what is in use by the content of the file, also if it is the same. */
  readonly replace = async (): Promise<R> => await this.#replace(await this.#read())

  end (): void {
    this.#hasEnded = true
    clearInterval(this.#timer)
  }

  async #read (): Promise<string | undefined> {
    const found = await readFingerprint(this.#file)
    if (this.#hasFailed && found !== this.#failed) {
      this.#failed = found
      this.#user.onChanged()
    }
    return found
  }

  async #replace (found: string | undefined): Promise<R> {
    const result = await this.#user.replace()
    // If the file has changed in between, it is not known which content was read, and the next poll reads it again.
    if (result.ok) this.#inUse = found === await readFingerprint(this.#file) ? found : undefined
    this.#hasFailed = !result.ok && found !== this.#inUse
    this.#failed = found
    return result
  }

  #poll (): void {
    if (this.#isPolling) return
    this.#isPolling = true
    this.#compare().finally(() => { this.#isPolling = false }).catch(() => {})
  }

  async #compare (): Promise<void> {
    const found = await this.#read()
    this.#missed = found === undefined ? this.#missed + 1 : 0
    if (this.#hasEnded) return
    const isDue = found === undefined ? this.#missed === MAX_MISSED : found !== this.#inUse
    if (isDue) {
      await this.#replace(found)
    } else if (this.#hasFailed && found !== undefined) {
      this.#hasFailed = false
      this.#user.onRestored()
    }
  }
}
