import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { compactVerify, decodeProtectedHeader } from 'jose'
import type { Application } from '../instance/applications.ts'
import { OAuthError } from '../http/response.ts'

/** The claims that ZITADEL reads from a client assertion. Times are in seconds, 0 for a missing claim. */
export interface AssertionClaims {
  iss: string
  sub: string
  aud: string[]
  iat: number
  exp: number
}

const ALGORITHMS = ['RS256', 'ES256', 'PS256']
const CLOCK_OFFSET_MS = 1000
const MAX_AGE_MS = 3_600_000

/**
 * Parses the claims of an assertion, without verification of the signature.
 *
 * @throws OAuthError `invalid_client`. Introspection does not report this error: the token is then inactive.
 */
export function parseAssertionClaims (assertion: string): AssertionClaims {
  const parts = assertion.split('.')
  const payload = (parts[1] ?? '').replace(/[\r\n]/g, '')
  if (parts.length !== 3 || !/^[\w-]*$/.test(payload) || payload.length % 4 === 1) throw createParseError()
  const claims = parseObject(Buffer.from(payload, 'base64url').toString())
  return {
    iss: parseText(claims.get('iss')),
    sub: parseText(claims.get('sub')),
    aud: parseAudience(claims.get('aud')),
    iat: parseSeconds(claims.get('iat')),
    exp: parseSeconds(claims.get('exp'))
  }
}

/** Returns the members of a JSON object by lower-case name: Go compares names without case. */
function parseObject (payload: string): Map<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(payload)
  } catch {
    throw createParseError()
  }
  if (typeof value !== 'object' || Array.isArray(value)) throw createParseError()
  return new Map(Object.entries(value ?? {}).map(([name, member]) => [name.toLowerCase(), member]))
}

function parseText (value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value !== 'string') throw createParseError()
  return value
}

function parseAudience (value: unknown): string[] {
  if (Array.isArray(value)) return value.map(parseText)
  return typeof value === 'string' ? [value] : []
}

/** Accepts a number, of which the fraction is cut, or an RFC 3339 string. */
function parseSeconds (value: unknown): number {
  if (value === undefined || value === null) return 0
  if (typeof value === 'number') return Math.abs(value) < 2 ** 63 ? Math.trunc(value) : -(2 ** 63) // as in Go, where it overflows
  const time = typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(value) ? Date.parse(value) : NaN
  if (Number.isNaN(time)) throw createParseError()
  return Math.floor(time / 1000)
}

/**
 * Verifies an assertion with the checks of ZITADEL, in the same order: one second of clock tolerance, no upper bound on
 * `exp`, `jti` is not recorded.
 *
 * @param now milliseconds since 1970
 * @throws OAuthError `unauthorized_client`
 */
export async function verifyAssertion (assertion: string, { keys }: Application, issuer: string, now: number): Promise<void> {
  const claims = parseAssertionClaims(assertion)
  if (!claims.aud.includes(issuer)) throw createRejection('audience is not valid')
  if (!(now + CLOCK_OFFSET_MS < claims.exp * 1000)) throw createRejection('token has expired')
  if (claims.iat === 0) throw createRejection('issuedAt of token is missing')
  if (claims.iat > Math.round((now + CLOCK_OFFSET_MS) / 1000)) throw createRejection('issuedAt of token is in the future')
  if (claims.iat < Math.round((now - MAX_AGE_MS) / 1000)) throw createRejection('issuedAt of token is to old')
  if (claims.iss !== claims.sub) throw createRejection('delegation not allowed, issuer and sub must be identical')
  try {
    const { kid = '', jwk } = decodeProtectedHeader(assertion)
    if (!isValidEmbeddedKey(jwk)) throw createRejection('invalid signature')
    const key = keys.get(kid)
    if (key === undefined || key.expiresAt <= now) throw createRejection('invalid signature (cannot decode, empty data)')
    await compactVerify(assertion.replace(/\s/g, ''), key.publicKey, { algorithms: ALGORITHMS })
  } catch (error) {
    throw error instanceof OAuthError ? error : createRejection('invalid signature')
  }
}

const EMBEDDED_CURVES: Readonly<Record<string, readonly unknown[]>> = { EC: ['P-256', 'P-384', 'P-521'], OKP: ['Ed25519'], RSA: [undefined] }

/** The library of ZITADEL does not use the header `jwk`, and rejects an assertion in which it is not a public key (RFC 7515 section 4.1.3). */
function isValidEmbeddedKey (jwk: unknown): boolean {
  if (jwk === undefined || jwk === null) return true
  try {
    const { kty = '', crv, d } = jwk as JsonWebKey
    createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' })
    return d === undefined && EMBEDDED_CURVES[kty]!.includes(crv)
  } catch {
    return false
  }
}

function createRejection (reason: string): OAuthError {
  return new OAuthError('unauthorized_client', undefined, reason)
}

function createParseError (): OAuthError {
  return new OAuthError('invalid_client', undefined, 'parsing of the assertion failed')
}
