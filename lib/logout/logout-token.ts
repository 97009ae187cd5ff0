import { errors, jwtVerify, type JWTVerifyGetKey } from 'jose'
import type { LogoutRejection } from '../channels.ts'
import { isJsonObject } from '../untrusted-json.ts'
import { KeysUnavailableError } from './issuer-keys.ts'

/** The content of a logout token. */
export interface Logout {
  readonly jti: string
  /** The user; undefined if only the session has ended. */
  readonly sub: string | undefined
  /** The session of the login. */
  readonly sid: string | undefined
}

/** What a logout token is checked against. */
export interface LogoutTokenRules {
  readonly issuer: string
  readonly clientIds: readonly string[]
  readonly getKey: JWTVerifyGetKey
}

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
/** Asymmetric algorithms only, because the keys are public. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
/** ZITADEL signs tokens of type JWT, the specification recommends the other one. */
const TYPES = ['jwt', 'logout+jwt', 'application/logout+jwt']
/** Seconds by which the clocks may differ. */
const TOLERANCE_SECONDS = 60
/** Seconds. ZITADEL gives up after 5 minutes, and its tokens expire after 15. */
const MAX_AGE_SECONDS = 900
/** Characters: ids of ZITADEL have about 20. */
const MAX_ID_LENGTH = 200

/**
 * Verifies a logout token.
 *
 * @param now milliseconds since 1970
 * @returns its content, or why it is rejected
 * @see {@link https://openid.net/specs/openid-connect-backchannel-1_0.html#Validation OpenID Connect Back-Channel Logout section 2.6}
 */
export async function verifyLogoutToken (token: string, { issuer, clientIds, getKey }: LogoutTokenRules, now: number): Promise<Logout | LogoutRejection> {
  const verified = await jwtVerify(token, getKey, {
    issuer,
    audience: [...clientIds],
    algorithms: ALGORITHMS,
    requiredClaims: ['exp', 'iat'],
    maxTokenAge: MAX_AGE_SECONDS,
    clockTolerance: TOLERANCE_SECONDS,
    currentDate: new Date(now)
  }).catch(findReason)
  if (typeof verified === 'string') return verified
  const { payload, protectedHeader: { typ } } = verified
  const { jti, sub, sid, events } = payload
  // The type of the header is not checked by jose.
  const isLogout = (typ === undefined || TYPES.includes(String(typ).toLowerCase())) && isJsonObject(events) && isJsonObject(events[EVENT]) && !('nonce' in payload)
  if (!isLogout || !isId(jti) || !isOptionalId(sub) || !isOptionalId(sid) || (sub ?? sid) === undefined) return 'claims'
  return { jti, sub, sid }
}

function findReason (error: unknown): LogoutRejection {
  if (error instanceof KeysUnavailableError) return 'keys'
  if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired) {
    if (error.claim === 'iss') return 'issuer'
    return error.claim === 'aud' ? 'audience' : 'time'
  }
  return error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid ? 'malformed' : 'signature'
}

function isId (value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_ID_LENGTH
}

function isOptionalId (value: unknown): value is string | undefined {
  return value === undefined || isId(value)
}
