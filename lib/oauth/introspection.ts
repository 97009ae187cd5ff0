/**
 * A response of an introspection endpoint: the members of RFC 7662 and those that the server adds. The types of `active`,
 * `exp` and `nbf` are checked. Every other member is as the server sent it.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7662#section-2.2 RFC 7662 section 2.2}
 */
export interface IntrospectionResponse {
  readonly active: boolean
  /** Seconds since 1970. */
  readonly exp?: number
  /** Seconds since 1970. */
  readonly nbf?: number
  readonly [claim: string]: unknown
}

/** How far this machine's clock may be behind the server's before a new token counts as not yet valid. */
const NBF_TOLERANCE_SECONDS = 60

/**
 * The body of an introspection request.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7662#section-2.1 RFC 7662 section 2.1}
 */
export function createIntrospectionBody (token: string): string {
  return `token=${encodeURIComponent(token)}`
}

/**
 * Whether a parsed body is an introspection response. Any other body is no information about the token.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7662#section-2.2 RFC 7662 section 2.2}
 */
export function isIntrospectionResponse (body: unknown): body is IntrospectionResponse {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return false
  const { active, exp, nbf } = copyWithoutPrototype(body as Record<string, unknown>)
  return typeof active === 'boolean' && isOptionalNumericDate(exp) && isOptionalNumericDate(nbf)
}

/** A copy of parsed JSON in which nothing on Object.prototype is found. */
export function copyWithoutPrototype<T extends object> (json: T): T {
  return Object.assign(Object.create(null), json)
}

function isOptionalNumericDate (value: unknown): boolean {
  return value === undefined || Number.isFinite(value)
}

/**
 * Whether a token is active and valid by this machine's clock.
 *
 * @param now milliseconds since 1970
 */
export function isCurrentlyValid (response: IntrospectionResponse, now: number): boolean {
  return response.active && now < getExpiry(response) && (response.nbf ?? 0) - NBF_TOLERANCE_SECONDS <= now / 1000
}

/** The expiry in milliseconds since 1970; Infinity if the response has none. */
export function getExpiry (response: IntrospectionResponse): number {
  return response.exp === undefined ? Infinity : response.exp * 1000
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
