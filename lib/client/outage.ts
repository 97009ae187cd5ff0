import { OutageError } from '../failures.ts'
import { SigningError } from '../oauth/private-key-jwt.ts'
import { DeadlineExceededError } from './deadline.ts'
import { MAX_RESPONSE_BYTES } from './http-response.ts'
import { ProxyRejectedError } from './proxy-tunnel.ts'

/** The code of an error of undici or the system. It is '' if the code could be text of a peer. */
export function getErrorCode (error: unknown): string {
  const code: unknown = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{0,40}$/.test(code) ? code : ''
}

/**
 * Describes why an exchange ended without a response. The message of the error is never used: an HTTP parser quotes the peer
 * in it, and a signer can throw any text.
 *
 * @param timeout milliseconds
 * @param hasStarted whether the request had left the queue
 * @param connectionAdvice added to the advice if the network or a proxy can be the reason: where ZITADEL was asked
 */
export function toOutageError (error: unknown, timeout: number, hasStarted = true, connectionAdvice = ''): OutageError {
  if (error instanceof DeadlineExceededError) {
    return hasStarted
      ? new OutageError(`no answer from ZITADEL within ${timeout} ms`, `check the load of ZITADEL and the network between, or raise the option "timeout"${connectionAdvice}`)
      : new OutageError(`${timeout} ms passed in the queue`, 'check for a flood of tokens, or raise the option "limits"', true)
  }
  if (error instanceof SigningError) return new OutageError(error.message, 'check the option "credentials", and the key store behind it')
  const rejection = getProxyRejection(error)
  if (rejection !== '') return new OutageError(`the proxy rejected the connection to ZITADEL (${rejection})`, `${getProxyAdvice(rejection)}${connectionAdvice}`)
  const mistake = getProgrammingErrorName(error)
  if (mistake !== '') return new OutageError(`the request to ZITADEL could not be sent (${mistake})`, 'this is a programming error in the option "dispatcher" or in fastify-zitadel, and no outage of ZITADEL; a dispatcher must be of undici 6, 7 or 8')
  if ((error as Error | null)?.name === 'HTTPParserError') return new OutageError('the response is not HTTP', getStatusAdvice(200))
  const code = getErrorCode(error)
  return new OutageError(`no answer from ZITADEL (${code || 'the connection failed'})`, `${getCodeAdvice(code)}${NETWORK_CODES.test(code) ? connectionAdvice : ''}`, code === 'RESPONSE_TOO_LARGE')
}

/** Codes of a connection that could not be opened, or broke. */
const NETWORK_CODES = /^(?:E[A-Z_]+|PROXY_CONNECTION_ENDED|UND_ERR_(?:CONNECT_TIMEOUT|HEADERS_TIMEOUT|SOCKET))$/

/** The status of a proxy that did not open a tunnel, or the code without a status; '' for any other error. */
function getProxyRejection (error: unknown): string {
  if (error instanceof ProxyRejectedError) return String(error.status)
  // A ProxyAgent of undici 6 to 8 in the option "dispatcher" has the status in its message only.
  const code = getErrorCode(error)
  const [, status] = code.startsWith('UND_ERR_') ? /^Proxy (?:response|Authentication Required) \((\d{3})\)/.exec((error as Error).message) ?? [] : []
  return status ?? (code === 'UND_ERR_ABORTED' ? code : '')
}

function getProxyAdvice (rejection: string): string {
  return rejection === '407'
    ? 'check the user and the password of the proxy'
    : 'check that the proxy permits connections to the host and port of ZITADEL'
}

/** The code or name of an error that no network can cause; '' for any other error. */
function getProgrammingErrorName (error: unknown): string {
  const code = getErrorCode(error)
  if (/^(?:ERR_INVALID_|ERR_ASSERTION$|UND_ERR_(?:INVALID_ARG|NOT_SUPPORTED)$)/.test(code)) return code
  // The global fetch throws a TypeError for a broken connection too, with the reason as its cause.
  const kind = [TypeError, RangeError, ReferenceError].find((each) => error instanceof each && error.cause === undefined)
  return kind === undefined ? '' : code || kind.name
}

/** What an operator should check after a response with this status. */
export function getStatusAdvice (status: number): string {
  if (status === 407) return getProxyAdvice('407')
  if (status === 429) return "check ZITADEL's quota and the rate limit in front of it; the option \"limits.perSecond\" keeps below one"
  if (status >= 500) return 'check ZITADEL and the proxies in front of it'
  return 'check that ZITADEL answers at "issuer" or "address", and not a proxy, a firewall or a login page'
}

const ADVICE: ReadonlyArray<readonly [codes: RegExp, advice: string]> = [
  [/ENOTFOUND|EAI_/, 'check the name in "issuer" or "address", and the name server of this machine'],
  [/ECONNREFUSED/, 'check that ZITADEL runs, and listens at "issuer" or "address"'],
  [/WRONG_VERSION_NUMBER|EPROTO/, 'this port does not use TLS: check the port, or give the http origin as option "address" if ZITADEL serves plain http there'],
  [/CERT|SIGNATURE|ERR_SSL|ERR_TLS/, "check ZITADEL's certificate; a private authority goes into the option \"dispatcher\" or the variable NODE_EXTRA_CA_CERTS"],
  [/UND_ERR_(?:CLOSED|DESTROYED)/, 'the server is closing, or the dispatcher of the option "dispatcher" was closed before the server'],
  [/RESPONSE_TOO_LARGE/, `it had more than ${MAX_RESPONSE_BYTES / 1024 ** 2} MiB: check that ZITADEL answers, and the metadata of its users`]
]

/** What an operator should check if there was no response, by the code of the error. */
export function getCodeAdvice (code: string): string {
  return ADVICE.find(([codes]) => codes.test(code))?.[1] ?? 'check ZITADEL, the proxies in front of it, and the network'
}
