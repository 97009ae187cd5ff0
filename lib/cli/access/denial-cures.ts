import type { DenialReason } from '../../errors.ts'
import type { RouteAccess } from '../../guard/rules/rule-description.ts'
import { formatAllOrAny } from './requirement-text.ts'

const ASK_DOCTOR = 'Run the doctor without --app, with the same token and the credentials of the API: it checks them one by one'
const SEE_SECTION = 'See the section of the reason'
const NEEDS_NAMES: readonly DenialReason[] = ['roles_absent', 'role_missing', 'scope_missing', 'custom_scope_not_a_role']

/** Returns what would allow a denied request. */
export function describeCure (reason: DenialReason, { roles, scopes, organization }: Pick<RouteAccess, 'roles' | 'scopes' | 'organization'>): string {
  const place = organization === undefined || organization === 'per request' ? '' : ` in the organization ${organization}`
  const names = formatAllOrAny((reason.startsWith('role') ? roles : scopes) ?? [])
  // A strategy of the app has another requirement than the route.
  if (NEEDS_NAMES.includes(reason) && names === '') return SEE_SECTION
  switch (reason) {
    case 'token_missing': return 'Give a token with --token-file'
    case 'token_inactive':
    case 'token_expired':
    case 'other_issuer':
    case 'token_malformed': return ASK_DOCTOR
    case 'roles_absent':
    case 'role_missing': return `Assign roles to the caller${place}: ${names}`
    case 'role_in_other_organization': return place === '' ? 'Assign the role in the organization of the request, or call with that of the caller' : `Assign the role${place}`
    case 'scope_missing': return `Let the client request the scopes: ${names}`
    case 'custom_scope_not_a_role': return `Create a role with the name of the scope, and assign it${place}: ${names}`
    default: return SEE_SECTION
  }
}

/** The section of the documents about a reason. */
export function getReasonLink (reason: DenialReason, status: number): string {
  return `docs/its-${status === 403 ? 403 : 401}.md#${reason}`
}
