import { DeadlineExceededError } from '../../client/deadline.ts'
import { getErrorCode, toOutageError } from '../../client/outage.ts'
import { ProxyRejectedError } from '../../client/proxy-tunnel.ts'
import { createFailure, type Diagnosis } from '../diagnosis.ts'
import { sendCall, type HttpCall } from '../http.ts'
import type { Cause } from './causes.ts'

/** The codes of Node.js, OpenSSL and undici. The first that matches counts. */
const CODES: ReadonlyArray<readonly [code: RegExp, cause: Cause]> = [
  [/^(?:ENOTFOUND|EAI_)/, 'name_unresolved'],
  [/^ECONNREFUSED$/, 'nobody_listens'],
  [/^(?:EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/, 'host_unreachable'],
  [/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|^EPROTO$/, 'https_at_http_port'],
  [/^CERT_(?:HAS_EXPIRED|NOT_YET_VALID)$/, 'certificate_expired'],
  [/ALTNAME_INVALID$/, 'certificate_of_other_name'],
  // A discovery document is smaller than 1 MiB.
  [/^RESPONSE_TOO_LARGE$/, 'not_zitadel'],
  [/SELF_SIGNED|^UNABLE_TO_|CERT|^ERR_(?:SSL|TLS)/, 'certificate_untrusted']
]

/** Causes that are those of the proxy if there is one, because the proxy resolves the name of the server. */
const PROXY_CAUSES: ReadonlyArray<Cause | undefined> = ['name_unresolved', 'nobody_listens', 'host_unreachable']

/**
 * Finds the cause if a request had no response.
 *
 * @param error what the connection has thrown
 * @param call the request
 * @param timeout milliseconds
 */
export async function diagnoseConnection (error: unknown, call: HttpCall, timeout: number): Promise<Diagnosis> {
  return createFailure('connection', await findCause(error, call, timeout), `${toOutageError(error, timeout).message}: it was asked at ${new URL(call.url).origin}`)
}

async function findCause (error: unknown, call: HttpCall, timeout: number): Promise<Cause> {
  if (error instanceof DeadlineExceededError) return 'too_slow'
  const code = getErrorCode(error)
  if (error instanceof ProxyRejectedError || code === 'PROXY_CONNECTION_ENDED') return 'proxy_rejects'
  const known = findCodeCause(code)
  if (call.proxy !== undefined && PROXY_CAUSES.includes(known)) return 'proxy_unreachable'
  if (known !== undefined) return known
  if (call.url.startsWith('http:') && await speaksTls(call, timeout)) return 'http_at_https_port'
  return (error as Error).name === 'HTTPParserError' ? 'no_http' : 'connection_broken'
}

function findCodeCause (code: string): Cause | undefined {
  return CODES.find(([pattern]) => pattern.test(code))?.[1]
}

/** Whether the server at an http URL uses TLS. */
async function speaksTls (call: HttpCall, timeout: number): Promise<boolean> {
  const [{ reason }] = await Promise.allSettled([sendCall({ ...call, url: call.url.replace('http:', 'https:') }, timeout)]) as [{ reason?: unknown }]
  return reason === undefined || findCodeCause(getErrorCode(reason))?.startsWith('certificate') === true
}
