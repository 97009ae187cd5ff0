import { parseJson } from '../../untrusted-json.ts'
import { LoginError } from './login-error.ts'
import type { Send } from './login-sender.ts'

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
