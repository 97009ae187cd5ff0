import type { Introspect } from '../client/introspection-client.ts'
import { describeDenial } from '../guard/denial-sentences.ts'
import { isB64Token } from '../oauth/bearer.ts'
import type { Config } from '../options/config.ts'
import { createVerdict } from '../verdicts/verdict.ts'
import { failed, ok, warning, type Diagnosis } from './diagnosis.ts'

/**
 * Says what a token is and why it lets nobody in. The token is never part of a message.
 *
 * @param now milliseconds since 1970
 */
export async function diagnoseToken (token: string, config: Config, introspect: Introspect, now: number): Promise<Diagnosis[]> {
  if (!isB64Token(token)) return [failed('token_form', 'The token contains characters that no bearer token has', 'Pass the token alone, without "Bearer" and without quotes')]
  const claims = decodeJwt(token)
  const form = claims === undefined ? ok('token_form', 'The token is opaque') : diagnoseJwt(claims, config, now)
  try {
    const response = await introspect(token, () => {})
    const { granted, reason } = createVerdict(response, config, 0, now)
    if (granted === undefined) return [form, failed('introspection', `The token lets nobody in: ${describeDenial(reason!)}`, 'See docs/its-401.md')]
    const roles = Object.keys(granted.token.roles)
    return [form, ok('introspection', 'The token is active for this API'), roles.length > 0
      ? ok('roles', `Roles: ${roles.sort().join(', ')}`)
      : warning('roles', 'The token has no role in this project', 'Add a Role Assignment in the console, or see docs/its-403.md')]
  } catch (error) {
    // The message is for callers, the cause for operators.
    const { message } = (error as { cause: Error }).cause
    return [form, failed('introspection', `ZITADEL gave no answer about the token: ${message}`, 'See docs/outages.md')]
  }
}

/** What the claims say before ZITADEL is asked. Their values are not shown. */
function diagnoseJwt (claims: Record<string, unknown>, { authorizationServer, projectId }: Config, now: number): Diagnosis {
  const { iss, exp, aud } = claims
  if ('at_hash' in claims || 'nonce' in claims) return failed('token_form', 'This is an ID token, not an access token', 'Send the access_token of the token response')
  if (iss !== authorizationServer!.issuer) return failed('token_issuer', 'The token is a JWT of another issuer than the option "issuer"', 'Let the client log in at the issuer of this API')
  if (typeof exp === 'number' && exp * 1000 <= now) return failed('token_expiry', `The token expired ${Math.round(now / 1000 - exp)} s ago`, 'Let the client refresh it')
  if (projectId !== undefined && ![aud].flat().includes(projectId)) return failed('token_audience', 'The project is not in the audience of the token', `Let the client request the scope urn:zitadel:iam:org:project:id:${projectId}:aud`)
  return ok('token_form', 'The token is a JWT of this issuer that has not expired')
}

/** Undefined if the token is no JWT. The signature is not checked: ZITADEL does that. */
function decodeJwt (token: string): Record<string, unknown> | undefined {
  const parts = token.split('.', 4)
  if (parts.length !== 3) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1]!, 'base64url').toString())
    return typeof claims === 'object' && claims !== null ? claims as Record<string, unknown> : undefined
  } catch {
    return undefined
  }
}
