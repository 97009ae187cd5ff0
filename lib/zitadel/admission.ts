import type { IntrospectionResponse } from '../oauth/introspection.ts'

/** Whom a resource server lets in at all, before any scope or role is asked for. */
export interface AdmissionRules {
  readonly clients?: ReadonlySet<string> | undefined
  readonly projectId?: string | undefined
  readonly personalAccessTokens: boolean
}

/** Whether a live token is of a client, a project and a kind that is let in. A claim of a wrong shape is not. */
export function isAdmitted (claims: IntrospectionResponse, rules: AdmissionRules): boolean {
  if (!isValidActorChain(claims['act'])) return false
  if (rules.clients !== undefined && !rules.clients.has(claims['client_id'] as string)) return false
  if (rules.projectId !== undefined && !hasAudience(claims['aud'], rules.projectId)) return false
  return rules.personalAccessTokens || !isPersonalAccessToken(claims)
}

/**
 * Whether it can be told who acts, if anybody does: a handler that refuses actors must not take one for the user himself. A
 * loop, because a hostile chain can be deeper than the stack.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8693#section-4.1 RFC 8693 section 4.1}
 */
function isValidActorChain (claim: unknown): boolean {
  for (let actor = claim ?? undefined; actor !== undefined; actor = (actor as { act?: unknown }).act ?? undefined) {
    if (typeof actor !== 'object') return false
    const { sub, iss } = actor as { sub?: unknown, iss?: unknown }
    if (typeof sub !== 'string' || (iss !== undefined && typeof iss !== 'string')) return false
  }
  return true
}

/** @see {@link https://www.rfc-editor.org/rfc/rfc7519#section-4.1.3 RFC 7519 section 4.1.3}: one string, or an array */
function hasAudience (audience: unknown, projectId: string): boolean {
  return Array.isArray(audience) ? audience.includes(projectId) : audience === projectId
}

/** Every other token of ZITADEL names its client, or is of an OIDC session, whose ids start with `V2_`. */
function isPersonalAccessToken (claims: IntrospectionResponse): boolean {
  const { client_id: clientId, jti } = claims
  const namesClient = typeof clientId === 'string' && clientId !== ''
  const isOfSession = typeof jti === 'string' && jti.startsWith('V2_')
  return !namesClient && !isOfSession
}
