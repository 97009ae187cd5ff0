import { open, unlink, type FileHandle } from 'node:fs/promises'
import { CommandError, UsageError } from '../command.ts'

/** A new file for the signing key, which only this user can read. */
export interface SigningKeyFile {
  /** @throws CommandError if that fails: the key is lost then */
  readonly write: (key: string) => Promise<void>
  /** Removes it. */
  readonly discard: () => Promise<void>
}

/**
 * Creates the file before ZITADEL creates the key, because ZITADEL shows it once.
 *
 * @throws UsageError if it exists, or cannot be created
 */
export async function createSigningKeyFile (path: string): Promise<SigningKeyFile> {
  const handle: FileHandle = await open(path, 'wx', 0o600).catch(() => {
    throw new UsageError('--signing-key-file must name a file that does not exist yet, in a directory that does')
  })
  return {
    write: async (key) => {
      try {
        await handle.writeFile(`${key}\n`)
        await handle.close()
      } catch (error) {
        throw new CommandError(`ZITADEL created the target, and its signing key cannot be written (${String((error as { code?: unknown }).code)}). Remove the target: --remove --apply`)
      }
    },
    discard: async () => {
      await handle.close()
      // If it stays, it is empty, and the next run names it. What made it useless is more important.
      await unlink(path).catch(() => {})
    }
  }
}
