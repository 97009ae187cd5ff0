import type { DenialReason } from '../errors.ts'
import type { IntrospectionResponse } from '../oauth/introspection.ts'
import { copyWithoutPrototype, toOptionalString } from '../untrusted-json.ts'
import { getExpiry, isCurrentlyValid } from '../oauth/token-validity.ts'
import { isUnboundBearer } from '../oauth/bearer.ts'
import { IntrospectedToken } from '../zitadel/active-token.ts'
import { findAdmissionDenial, type AdmissionRules } from '../zitadel/admission.ts'
import { Grants, type GrantRules } from '../zitadel/grants.ts'
import { getSession } from '../zitadel/token-id.ts'
import type { VerdictNames } from './verdict-names.ts'

export type VerdictRules = AdmissionRules & GrantRules

/** The response of ZITADEL about a token, prepared once for all decisions. */
export interface Verdict extends VerdictNames {
  /** Undefined if the token is denied: it is not active, not valid by our clock, or not for this API. */
  readonly granted: { readonly token: IntrospectedToken, readonly grants: Grants } | undefined
  /** Why the token is denied; undefined if it is not. */
  readonly reason: DenialReason | undefined
  /** Monotonic milliseconds at which ZITADEL was asked. The age of the verdict counts from here. */
  readonly askedAt: number
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  /** Whether the shared cache had the verdict, or has confirmed it after a gap. */
  isShared: boolean
  /** How often the cached verdict was used, counted until it is refreshed ahead of its ttl. */
  hits: number
  /** The monotonic second in which the cached verdict was last used. */
  usedIn: number
  /** The last requirement that the token met, if the response alone decides that: it is not checked again. */
  metRequirement: object | undefined
  /** Whether one later response said that the token is inactive. */
  isUnconfirmed: boolean
  /** The number of the last gap in the messages of other processes that is applied. */
  lastGap: number
  /** Set if a forget may have been missed in a gap. */
  gapCheck: GapCheck | undefined
}

/** The check of a verdict after a gap. */
export interface GapCheck {
  /** Monotonic milliseconds: from then on no decision may use the verdict without another check. */
  trustedUntil: number
  /** Monotonic milliseconds until which the shared cache can show that the verdict was not forgotten. */
  readonly confirmableUntil: number
  /** Whether the shared cache has shown it since the last gap. */
  isConfirmed: boolean
}

/**
 * @param askedAt monotonic milliseconds
 * @param now milliseconds since 1970
 * @param isShared whether the response came from the shared cache
 */
export function createVerdict (given: IntrospectionResponse, rules: VerdictRules, askedAt: number, now: number, isShared = false): Verdict {
  const response = copyWithoutPrototype(given)
  const reason = findDenialReason(response, rules, now)
  return {
    // The members that a decision reads come first, so that they are adjacent in memory.
    granted: reason === undefined ? createGranted(given, new Grants(response, rules)) : undefined,
    askedAt,
    expiresAt: getExpiry(response),
    usedIn: -1,
    hits: 0,
    lastGap: 0,
    gapCheck: undefined,
    metRequirement: undefined,
    reason,
    sub: toOptionalString(response['sub']),
    jti: toOptionalString(response['jti']),
    session: getSession(response['jti']),
    sid: toOptionalString(response['sid']),
    isShared,
    isUnconfirmed: false
  }
}

function createGranted (response: IntrospectionResponse, grants: Grants): Verdict['granted'] {
  return { token: new IntrospectedToken(response, grants), grants }
}

function findDenialReason (response: IntrospectionResponse, rules: VerdictRules, now: number): DenialReason | undefined {
  if (!response.active) return 'token_inactive'
  if (!isCurrentlyValid(response, now)) return now < getExpiry(response) ? 'token_not_yet_valid' : 'token_expired'
  if (!isUnboundBearer(response)) return 'token_bound'
  return findAdmissionDenial(response, rules)
}
