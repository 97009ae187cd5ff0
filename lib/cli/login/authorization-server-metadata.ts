import { toOutageError } from '../../client/outage.ts'
import { parseJson } from '../../client/http-response.ts'
import { OPTION_CHECKS } from '../../options/checks.ts'
import { resolveProxy } from '../../options/proxy-config.ts'
import { CommandError, UsageError } from '../command.ts'
import { sendCall, type CallResponse, type HttpCall } from '../http.ts'

/** A login has failed. Its message is fit for a terminal. */
export class LoginError extends CommandError {}

/** Milliseconds for one request. */
const TIMEOUT_MS = 10_000

/** Sends one request of a login. */
export type Send = (call: HttpCall) => Promise<CallResponse>

/**
 * Creates the function that sends requests, through the proxy of the environment if there is one.
 *
 * @throws LoginError if there is no response
 */
export function createSender (env: NodeJS.ProcessEnv): Send {
  return async (call) => {
    try {
      return await sendCall({ ...call, proxy: resolveProxy(new URL(call.url).origin, env)?.server }, TIMEOUT_MS)
    } catch (error) {
      throw new LoginError(`${toOutageError(error, TIMEOUT_MS).message}. Run fastify-zitadel doctor: it says why`)
    }
  }
}

/** Where a login goes. */
export interface ServerMetadata {
  readonly issuer: string
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
  readonly deviceAuthorizationEndpoint: string | undefined
  /** Whether each authorization response has the parameter `iss` (RFC 9207). */
  readonly sendsIssuer: boolean
}

/**
 * Fetches the metadata of the authorization server.
 *
 * @param issuer as the option `issuer`
 * @throws LoginError if the issuer is another one, or an endpoint is not on its origin
 * @see {@link https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationValidation OpenID Connect Discovery section 4.3}
 */
export async function fetchMetadata (issuer: string, send: Send): Promise<ServerMetadata> {
  const { status, text } = await send({ url: `${issuer}/.well-known/openid-configuration` })
  const document = (status === 200 ? parseJson(text) : undefined) as Record<string, unknown> | null | undefined
  if (document?.['issuer'] !== issuer) throw new LoginError('the discovery document does not name this issuer. Run fastify-zitadel doctor: it says why')
  const { origin } = new URL(issuer)
  const read = (name: string): string => {
    const url = String(document[name])
    if (!URL.canParse(url) || new URL(url).origin !== origin) throw new LoginError(`the discovery document has no ${name} on the origin of the issuer`)
    return new URL(url).href
  }
  return {
    issuer,
    authorizationEndpoint: read('authorization_endpoint'),
    tokenEndpoint: read('token_endpoint'),
    deviceAuthorizationEndpoint: document['device_authorization_endpoint'] === undefined ? undefined : read('device_authorization_endpoint'),
    sendsIssuer: document['authorization_response_iss_parameter_supported'] === true
  }
}

/**
 * Checks the issuer, as the plugin does.
 *
 * @throws UsageError
 */
export function checkIssuer (issuer: string | undefined): string {
  if (!issuer) throw new UsageError('the issuer is missing: give --issuer, or the variable ZITADEL_ISSUER')
  const [isValid, expected, getHint] = OPTION_CHECKS.issuer
  // The commands that log in have no flag for another address.
  if (!isValid(issuer)) throw new UsageError(`the issuer must be ${expected}${getHint!(issuer).replace(/ \(for plain http .*\)$/, '')}`)
  return issuer.replace(/\/$/, '')
}
