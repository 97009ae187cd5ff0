/** Where a command writes. */
export interface Output {
  readonly write: (text: string) => void
  readonly writeError: (text: string) => void
  /** Ends the process when everything is written. */
  readonly end: (status: number) => void
}

type Stream = Pick<NodeJS.WriteStream, 'write' | 'on'>

/**
 * Opens the output of a process. The reader of a pipe can end early, and a disk can be full: if standard output cannot be
 * written, the process ends with status 1 and one line. A failure of standard error can be reported nowhere and ends nothing,
 * because a command that changes ZITADEL must complete what it has begun.
 */
export function openOutput ({ stdout, stderr, exit }: { readonly stdout: Stream, readonly stderr: Stream, readonly exit: (status: number) => void }): Output {
  const writeError = (text: string): void => { attempt(stderr, text, () => {}) }
  const fail = (error: unknown): void => {
    writeError(`fastify-zitadel: standard output cannot be written (${String((error as { code?: unknown }).code)}): let its reader read to the end, or check the disk\n`)
    exit(1)
  }
  stderr.on('error', () => {})
  stdout.on('error', fail)
  return {
    write: (text) => { attempt(stdout, text, fail) },
    writeError,
    end: (status) => {
      const endProcess = (): void => { exit(status) }
      stdout.write('', (error) => {
        if (error) fail(error)
        else stderr.write('', endProcess)
      })
    }
  }
}

/** A pipe reports a failure as an event, a file can throw. */
function attempt (stream: Stream, text: string, fail: (error: unknown) => void): void {
  try {
    stream.write(text)
  } catch (error) {
    fail(error)
  }
}
