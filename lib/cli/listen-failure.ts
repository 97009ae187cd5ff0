import { CommandError } from './command.ts'

/** Why a server of this machine does not listen. Any other code is shown as it is. */
const REASONS: Readonly<Record<string, string>> = { EADDRINUSE: 'it is in use', EACCES: 'this user may not use it' }

/**
 * Creates the error for a port on 127.0.0.1 at which a command cannot listen.
 *
 * @param port the value of `--port`; 0 for any
 * @param error what the server has thrown. It is thrown again if it is none of the system
 */
export function createListenError (port: number, error: unknown): CommandError {
  const { code } = error as { code?: unknown }
  if (typeof code !== 'string') throw error
  if (port === 0) return new CommandError(`no port of 127.0.0.1 can be opened (${code})`)
  const reason = Object.hasOwn(REASONS, code) ? ` (${code}: ${REASONS[code]})` : ` (${code})`
  return new CommandError(`port ${port} of 127.0.0.1 cannot be opened${reason}. Give another with --port, or end the program that uses it`)
}
