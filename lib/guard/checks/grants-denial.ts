import type { DenialReason } from '../../errors.ts'
import type { Grants } from '../../zitadel/grants.ts'
import { hasAllRoles, hasRequiredRoles } from './grants-check.ts'
import type { Requirement } from '../rules/requirement.ts'

/** What a caller lacks for a requirement. */
export interface GrantsDenial {
  /** The scopes for the challenge. Undefined if a role is missing, because a client cannot request a role. */
  readonly scopes: readonly string[] | undefined
  readonly reason: DenialReason
  /** The requirement in the words of the route. */
  readonly required: string
}

/** @param organization undefined for any; `''` if the function of the route gave none */
export function findGrantsDenial (requirement: Requirement, grants: Grants, organization: string | undefined): GrantsDenial {
  const { roles, scopes } = requirement
  const custom = scopes.map((set) => set.custom)
  // The id that a function of the route returns is of the request, and not this API's own words.
  const place = typeof requirement.organization === 'string' ? ` in the organization ${requirement.organization}` : ''
  if (!hasRequiredRoles(requirement, grants, organization)) return { scopes: undefined, reason: getRoleReason(roles, grants, organization, 'role_missing'), required: `${formatSets(roles)}${place}` }
  const requestable = scopes.find((set) => hasAllRoles(set.custom, grants, organization))?.zitadel
  if (requestable !== undefined) return { scopes: requestable, reason: 'scope_missing', required: formatSets([requestable]) }
  return { scopes: undefined, reason: getRoleReason(custom, grants, organization, 'custom_scope_not_a_role'), required: `${formatSets(custom)}${place}` }
}

/** @param missing the reason if the caller holds the roles nowhere */
function getRoleReason (sets: ReadonlyArray<readonly string[]>, grants: Grants, organization: string | undefined, missing: DenialReason): DenialReason {
  if (organization === '') return 'organization_unknown'
  if (sets.some((set) => hasAllRoles(set, grants, undefined))) return 'role_in_other_organization'
  return missing === 'role_missing' && Object.keys(grants.roles).length === 0 ? 'roles_absent' : missing
}

function formatSets (sets: ReadonlyArray<readonly string[]>): string {
  return `required: ${sets.map((set) => set.join(' and ')).join(', or ')}`
}
