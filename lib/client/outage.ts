import { OutageError } from '../errors.ts'
import { SigningError } from '../oauth/client-authentication.ts'
import { getCodeAdvice, getStatusAdvice } from './advice.ts'
import { DeadlineExceededError } from './deadline.ts'

/** The code of an error of undici or the system; '' for one that may be quoting a peer. */
export function getErrorCode (error: unknown): string {
  const code: unknown = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{0,40}$/.test(code) ? code : ''
}

/**
 * Why an exchange ended without an answer. Never by a message: an HTTP parser quotes the peer in it, and a signer may say
 * anything.
 *
 * @param timeout milliseconds
 * @param hasStarted whether it was this exchange's turn already
 */
export function toOutageError (error: unknown, timeout: number, hasStarted: boolean): OutageError {
  if (error instanceof DeadlineExceededError) {
    return hasStarted
      ? new OutageError(`no answer from ZITADEL within ${timeout} ms`, 'check the load of ZITADEL and the network between, or raise the option "timeout"')
      : new OutageError(`no turn to ask ZITADEL within ${timeout} ms`, 'check for a flood of tokens, or raise the option "limits"', true)
  }
  if ((error as Error | null)?.name === 'HTTPParserError') return new OutageError('what answered does not speak HTTP', getStatusAdvice(200))
  if (error instanceof SigningError) return new OutageError(error.message, 'check the option "credentials", and the key store behind it')
  const code = getErrorCode(error)
  return new OutageError(`no answer from ZITADEL (${code || 'the exchange broke'})`, getCodeAdvice(code), code === 'ANSWER_TOO_LARGE')
}
