import type { DenialReason } from '../errors.ts'
import type { IntrospectionResponse } from '../oauth/introspection.ts'
import { isValidActorChain } from './actor-chain.ts'
import { isSessionToken, isPersonalAccessToken } from './token-id.ts'

/** Which active tokens an API accepts at all, before it checks any scope or role. */
export interface AdmissionRules {
  /** Client ids; undefined accepts every client. */
  readonly clients?: ReadonlySet<string> | undefined
  /** The project that must be in the audience; undefined accepts every project. */
  readonly projectId?: string | undefined
  /** Whether personal access tokens are accepted. */
  readonly personalAccessTokens: boolean
}

/**
 * Checks an active token against the rules. A claim of a wrong type meets no rule.
 *
 * @returns the reason for the denial; undefined if the token is accepted
 */
export function findAdmissionDenial (claims: IntrospectionResponse, { clients, projectId, personalAccessTokens }: AdmissionRules): DenialReason | undefined {
  if (!isValidActorChain(claims['act'])) return 'actor_malformed'
  // Stricter than `isPersonalAccessToken`: a `jti` of an unknown form is denied too.
  if (!personalAccessTokens && !isSessionToken(claims['jti'])) return 'personal_access_token'
  if (clients !== undefined) {
    if (isPersonalAccessToken(claims['jti'])) return 'client_absent'
    if (!clients.has(claims['client_id'] as string)) return 'client_not_listed'
  }
  if (projectId !== undefined && !hasAudience(claims['aud'], projectId)) return 'project_not_in_audience'
  return undefined
}

/** @see {@link https://www.rfc-editor.org/rfc/rfc7519#section-4.1.3 RFC 7519 section 4.1.3}: one string, or an array */
function hasAudience (audience: unknown, projectId: string): boolean {
  return Array.isArray(audience) ? audience.includes(projectId) : audience === projectId
}
