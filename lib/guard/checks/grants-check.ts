import type { Grants } from '../../zitadel/grants.ts'
import type { Requirement } from '../rules/requirement.ts'

/** Whether one of the sets of scopes is held; false without a set. `organization` undefined means any. */
export function hasRequiredScopes ({ scopes }: Requirement, grants: Grants, organization: string | undefined): boolean {
  for (const { zitadel, custom } of scopes) {
    if (hasAllScopes(zitadel, grants) && hasAllRoles(custom, grants, organization)) return true
  }
  return false
}

/** Whether one of the sets of roles is held; true if no role is required. `organization` undefined means any. */
export function hasRequiredRoles ({ roles }: Requirement, grants: Grants, organization: string | undefined): boolean {
  if (roles.length === 0) return true
  for (const set of roles) if (hasAllRoles(set, grants, organization)) return true
  return false
}

function hasAllScopes (scopes: readonly string[], grants: Grants): boolean {
  for (const scope of scopes) if (!grants.scopes.includes(scope)) return false
  return true
}

/** Whether all roles of a set are held. `organization` undefined means any. */
export function hasAllRoles (roles: readonly string[], grants: Grants, organization: string | undefined): boolean {
  for (const role of roles) if (!grants.hasRole(role, organization)) return false
  return true
}
