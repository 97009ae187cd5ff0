/** The exit status of Node.js if a module waits for a promise that nothing settles. */
const UNSETTLED_STATUS = 13

/**
 * Makes the exit status 1 if the process ends before the command is complete, and writes why: a server file can call
 * `process.exit(0)`, and a build server would take that for a success.
 *
 * @returns the function to call when the command is complete
 */
export function watchEarlyExit (program: Pick<NodeJS.Process, 'once' | 'off' | 'exitCode'>, writeError: (text: string) => void): () => void {
  const onExit = (status: number): void => {
    // Any other status is a failure already.
    if (status !== 0 && status !== UNSETTLED_STATUS) return
    writeError('fastify-zitadel: the process ended before the command was complete: the server file called process.exit, or waits for something that never comes\n')
    program.exitCode = 1
  }
  program.once('exit', onExit)
  return () => { program.off('exit', onExit) }
}
