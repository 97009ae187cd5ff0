/**
 * A response of an introspection endpoint: the members that RFC 7662 names, and whatever else the server adds.
 * Only `active`, `exp` and `nbf` have been looked at when you hold one; anything else is as the server sent it.
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

/** Seconds by which our clock may be behind the server's before a token that was just made counts as not yet valid. */
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
 * Whether a parsed body is an introspection response. What is not says nothing about the token, not even that it is bad.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7662#section-2.2 RFC 7662 section 2.2}
 */
export function isIntrospectionResponse (body: unknown): body is IntrospectionResponse {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return false
  const { active, exp, nbf } = body as Record<string, unknown>
  return typeof active === 'boolean' && isOptionalNumericDate(exp) && isOptionalNumericDate(nbf)
}

function isOptionalNumericDate (value: unknown): boolean {
  return value === undefined || (typeof value === 'number' && Number.isFinite(value))
}

/**
 * Whether a token lives by our own clock, whatever the server thought.
 *
 * @param now milliseconds since 1970
 */
export function isCurrentlyValid (response: IntrospectionResponse, now: number): boolean {
  return response.active && now < getExpiry(response) && (response.nbf ?? 0) - NBF_TOLERANCE_SECONDS <= now / 1000
}

/** The moment of expiry in milliseconds since 1970; Infinity where the server names none. */
export function getExpiry (response: IntrospectionResponse): number {
  return response.exp === undefined ? Infinity : response.exp * 1000
}

/**
 * Whether possession alone makes the token valid. One that is bound to a key (`cnf`) or of another type would need proofs
 * that are not checked here.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7800#section-3.1 RFC 7800 section 3.1}
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449#section-6.2 RFC 9449 section 6.2}
 */
export function isUnboundBearer (response: IntrospectionResponse): boolean {
  const type = response['token_type']
  return response['cnf'] === undefined &&
    (type === undefined || (typeof type === 'string' && type.toLowerCase() === 'bearer'))
}
