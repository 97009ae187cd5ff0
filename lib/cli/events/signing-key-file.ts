import { open, unlink, type FileHandle } from 'node:fs/promises'
import { UsageError } from '../command.ts'

/** A new file for the signing key, which only this user can read. */
export interface SigningKeyFile {
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
      await handle.writeFile(`${key}\n`)
      await handle.close()
    },
    discard: async () => {
      await handle.close()
      await unlink(path)
    }
  }
}
