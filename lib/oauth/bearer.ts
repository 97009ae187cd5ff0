import type { IntrospectionResponse } from './introspection.ts'

const SCHEME = 'bearer'

/**
 * Returns the text after the `Bearer` scheme. It may be no token.
 *
 * @returns undefined for another scheme, '' for a bare `Bearer`
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750#section-2.1 RFC 6750 section 2.1}
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-11.1 RFC 9110 section 11.1}: schemes are case-insensitive
 */
export function parseBearerCredentials (authorization: string): string | undefined {
  // Most clients use this spelling, and a comparison costs less than lower-casing.
  if (authorization.startsWith('Bearer ')) return skipSpaces(authorization, 7)
  if (authorization.slice(0, SCHEME.length).toLowerCase() !== SCHEME) return undefined
  const next = authorization.charAt(SCHEME.length)
  // A tab ends the scheme, but is no space: the text after it is malformed Bearer credentials, and no other scheme.
  return next === '' || next === ' ' || next === '\t' ? skipSpaces(authorization, SCHEME.length) : undefined
}

/** `1*SP`: one or more spaces separate a scheme from its credentials. */
function skipSpaces (authorization: string, start: number): string {
  while (authorization[start] === ' ') start++
  return authorization.slice(start)
}

/**
 * Characters of the longest token. Node.js accepts 16 KiB of headers by default, and the tokens that ZITADEL issues are far
 * shorter. A token from another place than a header, such as a message of a WebSocket, has no other bound.
 */
export const MAX_TOKEN_LENGTH = 16_384

// One character class and one suffix of another character, so no input causes backtracking.
const B64TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/

/**
 * Whether a string can be a bearer token at all: a `b64token` of at most {@link MAX_TOKEN_LENGTH} characters.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750#section-2.1 RFC 6750 section 2.1}
 */
export function isB64Token (value: string): boolean {
  return value.length <= MAX_TOKEN_LENGTH && B64TOKEN.test(value)
}

const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/

/**
 * Whether a string is one `scope-token`: printable ASCII without space, quote and backslash.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749#section-3.3 RFC 6749 section 3.3}
 */
export function isScopeToken (value: string): boolean {
  return SCOPE_TOKEN.test(value)
}

const QUOTABLE = /^[\x20-\x7E]*$/

/** Whether a string can stand in a quoted-string of a header field: printable ASCII, so that no line can be broken. */
export function isPrintableAscii (value: string): boolean {
  return QUOTABLE.test(value)
}

export type BearerErrorCode = 'invalid_request' | 'invalid_token' | 'insufficient_scope'

/**
 * The value of a `WWW-Authenticate` field. Without an error it only requests credentials.
 *
 * @param realm must be {@link isPrintableAscii}
 * @param scopes must be scope-tokens; given only if a client can request them and is then accepted
 * @param resourceMetadata the URL of the metadata of the resource, in canonical spelling (RFC 9728 section 5.1)
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750#section-3 RFC 6750 section 3}
 */
export function createBearerChallenge (realm?: string, error?: BearerErrorCode, scopes?: readonly string[], resourceMetadata?: string): string {
  const parameters: string[] = []
  if (realm !== undefined) parameters.push(`realm="${realm.replace(/["\\]/g, '\\$&')}"`)
  if (error !== undefined) parameters.push(`error="${error}"`)
  if (scopes !== undefined) parameters.push(`scope="${scopes.join(' ')}"`)
  if (resourceMetadata !== undefined) parameters.push(`resource_metadata="${resourceMetadata}"`)
  return parameters.length === 0 ? 'Bearer' : `Bearer ${parameters.join(', ')}`
}

/**
 * Whether the token is a plain bearer token. A token that is bound to a key (`cnf`) or of another type needs a proof of
 * possession, which is not checked here.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7800#section-3.1 RFC 7800 section 3.1}
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449#section-6.2 RFC 9449 section 6.2}
 */
export function isUnboundBearer (response: IntrospectionResponse): boolean {
  const type = response['token_type']
  return response['cnf'] === undefined &&
    (type === undefined || (typeof type === 'string' && type.toLowerCase() === 'bearer'))
}
