import type { Grants } from '../zitadel/grants.ts'
import type { Requirement } from './requirement.ts'

/** Whether the scopes are held. `organization` undefined is any. */
export function holdsScopes ({ scopes }: Requirement, grants: Grants, organization: string | undefined): boolean {
  if (scopes.length === 0) return true
  for (const { own, custom } of scopes) {
    if (holdsAllOwn(own, grants) && holdsAllRoles(custom, grants, organization)) return true
  }
  return false
}

/** Whether the roles are held. `organization` undefined is any. */
export function holdsRoles ({ roles }: Requirement, grants: Grants, organization: string | undefined): boolean {
  if (roles.length === 0) return true
  for (const set of roles) if (holdsAllRoles(set, grants, organization)) return true
  return false
}

/** The scopes that a client can ask for to be let in, where scopes alone would do. */
export function cure (requirement: Requirement, grants: Grants, organization: string | undefined): readonly string[] | undefined {
  if (!holdsRoles(requirement, grants, organization)) return undefined
  return requirement.scopes.find(({ custom }) => holdsAllRoles(custom, grants, organization))?.own
}

function holdsAllOwn (scopes: readonly string[], grants: Grants): boolean {
  for (const scope of scopes) if (!grants.scopes.includes(scope)) return false
  return true
}

function holdsAllRoles (roles: readonly string[], grants: Grants, organization: string | undefined): boolean {
  for (const role of roles) if (!grants.holdsRole(role, organization)) return false
  return true
}
