import type { Grants } from '../zitadel/grants.ts'
import type { Requirement } from './requirement.ts'

/** Whether the scopes are held. `organization` undefined is any. */
export function hasRequiredScopes ({ scopes }: Requirement, grants: Grants, organization: string | undefined): boolean {
  if (scopes.length === 0) return true
  for (const { zitadel, custom } of scopes) {
    if (hasAllScopes(zitadel, grants) && hasAllRoles(custom, grants, organization)) return true
  }
  return false
}

/** Whether the roles are held. `organization` undefined is any. */
export function hasRequiredRoles ({ roles }: Requirement, grants: Grants, organization: string | undefined): boolean {
  if (roles.length === 0) return true
  for (const set of roles) if (hasAllRoles(set, grants, organization)) return true
  return false
}

/** The scopes that a client can ask for to be let in, where scopes alone would do. */
export function getScopesToRequest (requirement: Requirement, grants: Grants, organization: string | undefined): readonly string[] | undefined {
  if (!hasRequiredRoles(requirement, grants, organization)) return undefined
  return requirement.scopes.find(({ custom }) => hasAllRoles(custom, grants, organization))?.zitadel
}

function hasAllScopes (scopes: readonly string[], grants: Grants): boolean {
  for (const scope of scopes) if (!grants.scopes.includes(scope)) return false
  return true
}

function hasAllRoles (roles: readonly string[], grants: Grants, organization: string | undefined): boolean {
  for (const role of roles) if (!grants.hasRole(role, organization)) return false
  return true
}
