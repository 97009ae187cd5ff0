import type { IntrospectionResponse } from '../oauth/introspection.ts'
import { createFrozenRecord } from './frozen.ts'
import { isRoleScope, isZitadelScope } from './scopes.ts'

/** How an API reads the claims. */
export interface GrantRules {
  /** Where a scope that is not ZITADEL's own is looked for. */
  readonly customScopes: 'roles' | 'scope'
  /** The project whose roles count. Undefined: the project of the API itself. */
  readonly projectId?: string | undefined
}

/** Role key -> id of the organization that granted it -> primary domain of that organization. */
export type Roles = Readonly<Record<string, Readonly<Record<string, string>>>>

/**
 * The scopes and roles of a token, prepared once so that every decision is a lookup. Handlers get the same objects, so they
 * are frozen records: a Set or a Map cannot be frozen.
 */
export class Grants {
  readonly scopes: readonly string[]
  readonly roles: Roles
  readonly #customScopes: GrantRules['customScopes']

  constructor (claims: IntrospectionResponse, { customScopes, projectId }: GrantRules) {
    this.scopes = Object.freeze(typeof claims['scope'] === 'string' ? [...new Set(claims['scope'].split(' ').filter(Boolean))] : [])
    this.roles = parseRoles(claims[getRolesClaim(projectId)])
    this.#customScopes = customScopes
  }

  /** @param organization an organization id; undefined means any. A value of another type, such as an array, matches none */
  hasRole (role: string, organization?: string): boolean {
    const organizations = this.roles[role]
    return organizations !== undefined && (organization === undefined || (typeof organization === 'string' && organizations[organization] !== undefined))
  }

  /** Whether the token has one of ZITADEL's own scopes, or a custom scope where the rules look for those. Never true for a role scope. */
  hasScope (scope: string): boolean {
    if (isRoleScope(scope)) return false
    if (isZitadelScope(scope) || this.#customScopes === 'scope') return this.scopes.includes(scope)
    return this.hasRole(scope)
  }
}

/** ZITADEL sends both claims for the API's own project. Another project's roles must not be replaced by them. */
function getRolesClaim (projectId: string | undefined): string {
  return projectId === undefined ? 'urn:zitadel:iam:org:project:roles' : `urn:zitadel:iam:org:project:${projectId}:roles`
}

// Objects only: the documentation of ZITADEL shows arrays, but no version has sent any.
function parseRoles (claim: unknown): Roles {
  const roles: Array<[string, Roles[string]]> = []
  for (const [role, organizations] of getEntries(claim)) {
    const granted = getEntries(organizations).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
    // A role without an organization was granted by none.
    if (granted.length > 0) roles.push([role, createFrozenRecord(granted)])
  }
  return createFrozenRecord(roles)
}

function getEntries (value: unknown): Array<[string, unknown]> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  return Object.entries(value).filter(([key]) => key !== '' && key !== '__proto__')
}
