import { parseJson } from '../../untrusted-json.ts'
import { MAX_TOKEN_LENGTH, isB64Token } from '../../oauth/bearer.ts'
import { NBF_TOLERANCE_SECONDS } from '../../oauth/token-validity.ts'
import type { Config } from '../../options/config.ts'
import { getAudienceScope } from '../../zitadel/scopes.ts'
import { createFailure, createSuccess, type Diagnosis } from '../diagnosis.ts'
import type { Cause } from './causes.ts'

const MISTAKES: ReadonlyArray<readonly [pattern: RegExp, cause: Cause, message: string]> = [
  [/^$/, 'token_empty', 'There is no token'],
  [/^(?:undefined|null|\[object [A-Za-z]+\]|\$\{?\w+\}?)$/, 'token_placeholder', 'This is the text of a missing value, and no token'],
  [/^bearer\s/i, 'token_with_scheme', 'The word "Bearer" stands before the token'],
  [/^["'`]|["'`]$/, 'token_quoted', 'The token is in quotation marks'],
  [/^\{/, 'token_is_json', 'This is JSON, and no token'],
  [/[\r\n]/, 'token_line_breaks', 'The token has line breaks']
]

/** What the text of a token shows. Its claims are undefined if it is no JWT. */
export interface TokenForm {
  readonly diagnosis: Diagnosis
  /** Whether ZITADEL can be asked about it. */
  readonly isToken: boolean
  readonly claims: Readonly<Record<string, unknown>> | undefined
}

/**
 * Checks the form of a token. The text and its claims are never part of a message.
 *
 * @param now milliseconds since 1970
 */
export function diagnoseTokenForm (text: string, config: Config, now: number): TokenForm {
  const mistake = MISTAKES.find(([pattern]) => pattern.test(text))
  if (mistake !== undefined) return { diagnosis: createFailure('token_form', mistake[1], mistake[2]), isToken: false, claims: undefined }
  if (text.length > MAX_TOKEN_LENGTH) {
    const message = `The token has ${text.length} characters. More than ${MAX_TOKEN_LENGTH} are not accepted, and by default, Node.js rejects a request whose headers are larger than that`
    return { diagnosis: createFailure('token_form', 'token_too_long', message), isToken: false, claims: undefined }
  }
  if (!isB64Token(text)) return { diagnosis: createFailure('token_form', 'token_malformed', 'The token contains characters that no bearer token has'), isToken: false, claims: undefined }
  const claims = decodeClaims(text)
  if (claims === undefined) return { diagnosis: createSuccess('token_form', text.split('.').length === 5 ? 'The token is opaque (encrypted)' : 'The token is opaque'), isToken: true, claims }
  return { diagnosis: diagnoseClaims(claims, config, now), isToken: true, claims }
}

function diagnoseClaims (claims: Readonly<Record<string, unknown>>, { authorizationServer, projectId }: Config, now: number): Diagnosis {
  const { issuer } = authorizationServer!
  const { iss, sub, aud, exp, nbf, jti, azp, events, typ, nonce, at_hash: hash } = claims
  if (hash !== undefined || nonce !== undefined || (azp !== undefined && jti === undefined)) return createFailure('token_form', 'id_token', 'This is an ID token, not an access token')
  if (typ === 'Refresh' || (typeof jti === 'string' && jti.includes('-rt_'))) return createFailure('token_form', 'refresh_token', 'This is a refresh token, not an access token')
  if (events !== undefined) return createFailure('token_form', 'logout_token', 'This is a logout token, not an access token')
  if (typeof iss === 'string' && iss === sub && [aud].flat().includes(issuer)) return createFailure('token_form', 'client_assertion', 'This is the assertion of a client, not an access token')
  if (iss !== issuer) return createFailure('token_issuer', 'token_of_other_issuer', 'The token is a JWT of another issuer than the option "issuer"')
  if (typeof exp === 'number' && exp * 1000 <= now) return createFailure('token_expiry', 'token_expired', `The token expired ${Math.round(now / 1000 - exp)} s ago`)
  if (typeof nbf === 'number' && nbf * 1000 > now + NBF_TOLERANCE_SECONDS * 1000) return createFailure('token_expiry', 'token_not_yet_valid', `The token is valid in ${Math.round(nbf - now / 1000)} s`)
  if (projectId !== undefined && ![aud].flat().includes(projectId)) return createFailure('token_audience', 'token_without_audience', `The project is not in the audience of the token. The scope is ${getAudienceScope(projectId)}`)
  return createSuccess('token_form', 'The token is a JWT of this issuer that has not expired')
}

/** Undefined if the token is no JWT. The signature is not checked: ZITADEL does that. */
function decodeClaims (token: string): Record<string, unknown> | undefined {
  const parts = token.split('.', 4)
  if (parts.length !== 3) return undefined
  const claims = parseJson(Buffer.from(parts[1]!, 'base64url').toString())
  return typeof claims === 'object' && claims !== null ? claims as Record<string, unknown> : undefined
}
