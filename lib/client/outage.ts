import { Outage } from '../errors.ts'
import { SigningFailed } from '../oauth/client-authentication.ts'
import { adviceOnCode, adviceOnStatus } from './advice.ts'
import { DeadlineExceeded } from './deadline.ts'

/** The code of an error of undici or the system; '' for one that may be quoting a peer. */
export function codeOf (error: unknown): string {
  const code: unknown = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{0,40}$/.test(code) ? code : ''
}

/**
 * Why an exchange ended without an answer. Never by a message: an HTTP parser quotes the peer in it, and a signer may say
 * anything.
 *
 * @param timeout milliseconds
 * @param hadTurn whether it was this exchange's turn already
 */
export function outageOf (error: unknown, timeout: number, hadTurn: boolean): Outage {
  if (error instanceof DeadlineExceeded) {
    return hadTurn
      ? new Outage(`no answer from ZITADEL within ${timeout} ms`, 'check the load of ZITADEL and the network between, or raise the option "timeout"')
      : new Outage(`no turn to ask ZITADEL within ${timeout} ms`, 'check for a flood of tokens, or raise the option "limits"', true)
  }
  if ((error as Error | null)?.name === 'HTTPParserError') return new Outage('what answered does not speak HTTP', adviceOnStatus(200))
  if (error instanceof SigningFailed) return new Outage(error.message, 'check the option "credentials", and the key store behind it')
  const code = codeOf(error)
  return new Outage(`no answer from ZITADEL (${code || 'the exchange broke'})`, adviceOnCode(code), code === 'ANSWER_TOO_LARGE')
}
