import type { DenialReason } from '../errors.ts'
import { getExpiry, isCurrentlyValid, isUnboundBearer, type IntrospectionResponse } from '../oauth/introspection.ts'
import { IntrospectedToken } from '../zitadel/active-token.ts'
import { findAdmissionDenial, type AdmissionRules } from '../zitadel/admission.ts'
import { Grants, type GrantRules } from '../zitadel/grants.ts'

export type VerdictRules = AdmissionRules & GrantRules

/** What is believed of a token, since when and until when. Made once per introspection, with all that decisions read. */
export interface Verdict {
  /** Undefined where nobody is let in with the token: it is not active, not alive by our clock, or not for this API. */
  readonly granted: { readonly token: IntrospectedToken, readonly grants: Grants } | undefined
  /** Why the token lets nobody in; undefined if it does. */
  readonly reason: DenialReason | undefined
  /** Monotonic milliseconds: no fact younger than this is known. */
  readonly askedAt: number
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  readonly sub: unknown
  readonly jti: unknown
  /** How often it was remembered. */
  hits: number
  /** Whether ZITADEL has said once since that the token is inactive. */
  isUnconfirmed: boolean
}

/**
 * @param askedAt monotonic milliseconds
 * @param now milliseconds since 1970
 */
export function createVerdict (response: IntrospectionResponse, rules: VerdictRules, askedAt: number, now: number): Verdict {
  const { sub, jti } = response
  const verdict = { askedAt, expiresAt: getExpiry(response), sub, jti, hits: 0, isUnconfirmed: false }
  const reason = findDenialReason(response, rules, now)
  if (reason !== undefined) return { granted: undefined, reason, ...verdict }
  const grants = new Grants(response, rules)
  return { granted: { token: new IntrospectedToken(response, grants), grants }, reason, ...verdict }
}

function findDenialReason (response: IntrospectionResponse, rules: VerdictRules, now: number): DenialReason | undefined {
  if (!response.active) return 'token_inactive'
  if (!isCurrentlyValid(response, now)) return now < getExpiry(response) ? 'token_not_yet_valid' : 'token_expired'
  if (!isUnboundBearer(response)) return 'token_bound'
  return findAdmissionDenial(response, rules)
}
