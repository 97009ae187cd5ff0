import { expiresAt, isAlive, isBearerResponse, type IntrospectionResponse } from '../oauth/introspection.ts'
import { ActiveToken } from '../zitadel/active-token.ts'
import { isAdmitted, type AdmissionRules } from '../zitadel/admission.ts'
import { Grants, type GrantRules } from '../zitadel/grants.ts'

export type Rules = AdmissionRules & GrantRules

/** What is believed of a token, since when and until when. Made once per introspection, with all that decisions read. */
export interface Verdict {
  /** Undefined where nobody is let in with the token: it is not active, not alive by our clock, or not for this API. */
  readonly granted: { readonly token: ActiveToken, readonly grants: Grants } | undefined
  /** Monotonic milliseconds: no fact younger than this is known. */
  readonly askedAt: number
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  readonly sub: unknown
  readonly jti: unknown
  /** How often it was remembered. */
  uses: number
  /** Whether ZITADEL has said once since that the token is inactive. */
  doubted: boolean
}

/**
 * @param askedAt monotonic milliseconds
 * @param now milliseconds since 1970
 */
export function judge (response: IntrospectionResponse, rules: Rules, askedAt: number, now: number): Verdict {
  const { sub, jti } = response
  const verdict = { askedAt, expiresAt: expiresAt(response), sub, jti, uses: 0, doubted: false }
  if (!isAlive(response, now) || !isBearerResponse(response) || !isAdmitted(response, rules)) return { granted: undefined, ...verdict }
  const grants = new Grants(response, rules)
  return { granted: { token: new ActiveToken(response, grants), grants }, ...verdict }
}
