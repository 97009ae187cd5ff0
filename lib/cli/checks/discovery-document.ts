import { parseJson } from '../../untrusted-json.ts'
import type { Config } from '../../options/config.ts'
import type { Cause } from './causes.ts'
import { diagnoseConnection } from './connection.ts'
import { createFailure, createSuccess, type Diagnosis } from '../diagnosis.ts'
import { sendCall, type CallResponse } from '../http.ts'
import { shortenForDisplay } from '../printable.ts'
import { diagnoseClock } from './clock-diagnosis.ts'

/**
 * Checks the way to ZITADEL by its discovery document: name, TLS, status, issuer and clock.
 *
 * @param timeout milliseconds
 * @param now returns milliseconds since 1970
 * @see {@link https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig OpenID Connect Discovery section 4}
 */
export async function diagnoseDiscovery ({ issuer, endpoint, proxy }: NonNullable<Config['authorizationServer']>, timeout: number, now: () => number): Promise<Diagnosis[]> {
  const call = { url: `${endpoint.origin}/.well-known/openid-configuration`, headers: endpoint.headers, proxy: proxy?.server }
  let response: CallResponse
  try {
    response = await sendCall(call, timeout)
  } catch (error) {
    return [await diagnoseConnection(error, call, timeout)]
  }
  return [diagnoseDocument(response, issuer), diagnoseClock(response, now())]
}

function diagnoseDocument ({ status, text, headers }: CallResponse, issuer: string): Diagnosis {
  if (status !== 200) return createFailure('discovery', findStatusCause(status, text), `ZITADEL answers discovery with status ${status}`)
  const isPage = text.trimStart().startsWith('<') || String(headers['content-type']).includes('html')
  if (isPage) return createFailure('discovery', 'not_zitadel', 'A web page answers in place of the discovery document')
  const found = (parseJson(text) as { issuer?: unknown } | null | undefined)?.issuer
  if (typeof found !== 'string') return createFailure('discovery', 'discovery_malformed', 'The discovery document is no JSON object with an issuer')
  if (found === issuer) return createSuccess('discovery', 'ZITADEL answers, and its issuer is the option "issuer"')
  return createFailure('issuer', findIssuerCause(found, issuer), `ZITADEL names another issuer than the option "issuer": ${shortenForDisplay(found)}`)
}

function findStatusCause (status: number, text: string): Cause {
  if (text.startsWith('unable to set instance')) return 'instance_unknown'
  if (text.includes('HTTP request to an HTTPS server') || text.includes('plain HTTP request was sent to HTTPS port')) return 'http_at_https_port'
  if (status >= 300 && status < 400) return 'redirected'
  if (status === 404) return 'discovery_missing'
  if (status === 407) return 'proxy_rejects'
  if (status === 429) return 'rate_limited'
  return status >= 500 ? 'server_failed' : 'discovery_refused'
}

/** @param found what ZITADEL calls itself */
function findIssuerCause (found: string, issuer: string): Cause {
  if (found === `${issuer}/`) return 'issuer_slash'
  if (found.toLowerCase() === issuer.toLowerCase()) return 'issuer_case'
  if (!URL.canParse(found)) return 'issuer_other'
  const [a, b] = [new URL(found), new URL(issuer)]
  if (a.hostname !== b.hostname || a.pathname !== '/') return 'issuer_other'
  return a.protocol === b.protocol ? 'issuer_port' : 'issuer_scheme'
}
