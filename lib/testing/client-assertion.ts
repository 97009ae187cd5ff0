import { compactVerify, decodeProtectedHeader } from 'jose'
import type { Application } from './applications.ts'
import { OAuthError } from './answer.ts'

/** What ZITADEL reads of a client assertion. Times in seconds; 0 where the claim is missing. */
export interface AssertionClaims {
  iss: string
  sub: string
  aud: string[]
  iat: number
  exp: number
}

const algorithms = ['RS256', 'ES256', 'PS256']
const offset = 1000 // ms
const maximumAge = 3_600_000 // ms

/**
 * The claims of an assertion whose signature is still unverified. What cannot be parsed is `invalid_client`, an error
 * that introspection does not report (the answer is then that the token is inactive).
 */
export function assertionClaims (assertion: string): AssertionClaims {
  const parts = assertion.split('.')
  const payload = (parts[1] ?? '').replace(/[\r\n]/g, '')
  if (parts.length !== 3 || !/^[\w-]*$/.test(payload) || payload.length % 4 === 1) throw unparsable()
  const claims = parseObject(Buffer.from(payload, 'base64url').toString())
  return {
    iss: text(claims.get('iss')),
    sub: text(claims.get('sub')),
    aud: audience(claims.get('aud')),
    iat: seconds(claims.get('iat')),
    exp: seconds(claims.get('exp'))
  }
}

/** The members of a JSON object, by lower-cased name: Go compares names without case. */
function parseObject (payload: string): Map<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(payload)
  } catch {
    throw unparsable()
  }
  if (typeof value !== 'object' || Array.isArray(value)) throw unparsable()
  return new Map(Object.entries(value ?? {}).map(([name, member]) => [name.toLowerCase(), member]))
}

function text (value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value !== 'string') throw unparsable()
  return value
}

function audience (value: unknown): string[] {
  if (Array.isArray(value)) return value.map(text)
  return typeof value === 'string' ? [value] : []
}

/** A number, its fraction cut, or an RFC 3339 string. */
function seconds (value: unknown): number {
  if (value === undefined || value === null) return 0
  if (typeof value === 'number') return Math.trunc(value)
  const time = typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(value) ? Date.parse(value) : NaN
  if (Number.isNaN(time)) throw unparsable()
  return Math.floor(time / 1000)
}

/**
 * ZITADEL's checks of an assertion, in its order and with its arithmetic: one second of tolerance for clocks, no upper
 * bound on `exp`, no record of `jti`.
 *
 * @param now milliseconds since the epoch
 */
export async function verifyAssertion (assertion: string, { keys }: Application, issuer: string, now: number): Promise<void> {
  const claims = assertionClaims(assertion)
  if (!claims.aud.includes(issuer)) throw refused('audience is not valid')
  if (!(now + offset < claims.exp * 1000)) throw refused('token has expired')
  if (claims.iat === 0) throw refused('issuedAt of token is missing')
  if (claims.iat > Math.round((now + offset) / 1000)) throw refused('issuedAt of token is in the future')
  if (claims.iat < Math.round((now - maximumAge) / 1000)) throw refused('issuedAt of token is to old')
  if (claims.iss !== claims.sub) throw refused('delegation not allowed, issuer and sub must be identical')
  try {
    const { kid = '' } = decodeProtectedHeader(assertion)
    const key = keys.get(kid)
    if (key === undefined || key.expiresAt <= now) throw refused('invalid signature (cannot decode, empty data)')
    await compactVerify(assertion.replace(/\s/g, ''), key.publicKey, { algorithms })
  } catch (error) {
    throw error instanceof OAuthError ? error : refused('invalid signature')
  }
}

function refused (reason: string): OAuthError {
  return new OAuthError('unauthorized_client', undefined, reason)
}

function unparsable (): OAuthError {
  return new OAuthError('invalid_client', undefined, 'parsing of the assertion failed')
}
