import { parseJson } from '../untrusted-json.ts'

/** Access tokens of ZITADEL are shorter. A longer payload is not parsed. */
const MAX_PAYLOAD_LENGTH = 8192
const MAX_ISSUER_LENGTH = 200

/**
 * Finds the issuer that a JWT names, if it is another one than expected. The token is not verified, so the result is fit for a log
 * line and nothing else.
 *
 * @param issuer the expected one
 * @returns its origin; `''` if it is no origin of a URL, and so not fit to be shown; undefined if the token is no JWT or names the
 *   expected issuer
 * @see {@link https://www.rfc-editor.org/rfc/rfc7519#section-4.1.1 RFC 7519 section 4.1.1}
 */
export function findOtherIssuer (token: string, issuer: string): string | undefined {
  const start = token.indexOf('.') + 1
  const end = token.indexOf('.', start)
  if (start === 0 || end === -1 || end - start > MAX_PAYLOAD_LENGTH) return undefined
  const claims = parseJson(Buffer.from(token.slice(start, end), 'base64url').toString())
  const iss = (claims as { iss?: unknown } | null | undefined)?.iss
  return typeof iss !== 'string' || iss === issuer || iss === `${issuer}/` ? undefined : toOrigin(iss)
}

/** An origin contains no path, query or user info, in which a secret could be. */
function toOrigin (iss: string): string {
  if (iss.length > MAX_ISSUER_LENGTH || !URL.canParse(iss)) return ''
  const { origin } = new URL(iss)
  return iss === origin || iss === `${origin}/` ? origin : ''
}
