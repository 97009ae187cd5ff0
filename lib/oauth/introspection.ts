import { copyWithoutPrototype } from '../untrusted-json.ts'

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

function isOptionalNumericDate (value: unknown): boolean {
  return value === undefined || Number.isFinite(value)
}
