import type { IntrospectionResponse } from './introspection.ts'

/** How far this machine's clock may be behind the server's before a new token counts as not yet valid. */
export const NBF_TOLERANCE_SECONDS = 60

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
