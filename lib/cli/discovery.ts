import { getStatusAdvice, toOutageError } from '../client/outage.ts'
import { describeClockSkew } from '../client/response-headers.ts'
import type { Config } from '../options/config.ts'
import { failed, ok, warning, type Diagnosis } from './diagnosis.ts'

/** What is shown of an issuer at most. */
const MAX_ISSUER_LENGTH = 200

/**
 * Checks the way to ZITADEL by its discovery document: name, TLS, status, issuer and clock.
 *
 * @param timeout milliseconds
 * @see {@link https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig OpenID Connect Discovery section 4}
 */
export async function diagnoseDiscovery ({ issuer, endpoint }: NonNullable<Config['authorizationServer']>, timeout: number, now: () => number): Promise<Diagnosis[]> {
  let response: Response
  let document: unknown
  try {
    response = await fetch(`${endpoint.origin}/.well-known/openid-configuration`, { headers: endpoint.headers, redirect: 'manual', signal: AbortSignal.timeout(timeout) })
    document = response.status === 200 ? await response.json().catch(() => undefined) : undefined
  } catch (error) {
    const outage = (error as Error).name === 'TimeoutError' ? undefined : toOutageError((error as Error).cause, timeout, true)
    return [outage === undefined
      ? failed('connection', `no answer from ZITADEL within ${timeout} ms`, 'Check the network and the proxies between')
      : failed('connection', outage.message, outage.advice)]
  }
  const skew = describeClockSkew({ date: response.headers.get('date') ?? undefined }, now())
  const clock = skew === ''
    ? ok('clock', 'The clocks agree')
    : warning('clock', skew.replace(/^; t/, 'T'), 'Set the clock of this machine. ZITADEL rejects assertions from the future')
  if (response.status !== 200) return [failed('discovery', `ZITADEL answers discovery with status ${response.status}`, getStatusAdvice(response.status)), clock]
  const found = (document as { issuer?: unknown } | undefined)?.issuer
  if (typeof found !== 'string') return [failed('discovery', 'the discovery document is no JSON object with an issuer', getStatusAdvice(200)), clock]
  if (found !== issuer) return [failed('issuer', `ZITADEL names another issuer than the option "issuer": ${toPrintable(found)}`, 'Write the option exactly so, with its port and capital letters'), clock]
  return [ok('discovery', 'ZITADEL answers, and its issuer is the option "issuer"'), clock]
}

function toPrintable (text: string): string {
  return text.slice(0, MAX_ISSUER_LENGTH).replace(/[^\x20-\x7e]/g, '?')
}
