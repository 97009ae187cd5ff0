import type { IntrospectionResponse } from '../oauth/introspection.ts'
import { isOwnScope, isRoleScope } from './scopes.ts'

/** What a resource server has decided about reading claims. */
export interface GrantRules {
  /** Where a scope that is not ZITADEL's own is looked for. */
  readonly customScopes: 'roles' | 'scope'
  /** The project whose roles count, where more than the API's own could be listed. */
  readonly projectId?: string | undefined
}

/** Role key -> id of the organisation that granted it -> that organisation's primary domain. */
export type Roles = ReadonlyMap<string, ReadonlyMap<string, string>>

/**
 * What a token's claims grant, prepared once so that every decision is a lookup. Never handed to a handler: Sets and Maps
 * cannot be frozen.
 */
export class Grants {
  readonly scopes: ReadonlySet<string>
  readonly roles: Roles
  readonly #customScopes: GrantRules['customScopes']

  constructor (claims: IntrospectionResponse, { customScopes, projectId }: GrantRules) {
    this.scopes = new Set(typeof claims['scope'] === 'string' ? claims['scope'].split(' ').filter(Boolean) : [])
    this.roles = rolesOf(claims, projectId)
    this.#customScopes = customScopes
  }

  /** @param organization undefined for any; '' and ids that grant nothing are not it */
  holdsRole (role: string, organization?: string): boolean {
    const organizations = this.roles.get(role)
    return organizations !== undefined && (organization === undefined || organizations.has(organization))
  }

  /** One of ZITADEL's own scopes, or a custom one wherever custom scopes are looked for. A role scope is never held. */
  holdsScope (scope: string, organization?: string): boolean {
    if (isRoleScope(scope)) return false
    if (isOwnScope(scope) || this.#customScopes === 'scope') return this.scopes.has(scope)
    return this.holdsRole(scope, organization)
  }
}

const ROLES = 'urn:zitadel:iam:org:project:roles'

// Objects, not arrays: ZITADEL's documentation shows arrays, its code has never sent one.
function rolesOf (claims: IntrospectionResponse, projectId: string | undefined): Roles {
  const roles = new Map<string, ReadonlyMap<string, string>>()
  const specific = projectId === undefined ? undefined : claims[`urn:zitadel:iam:org:project:${projectId}:roles`]
  for (const [role, organizations] of entriesOf(specific ?? claims[ROLES])) {
    const granted = new Map<string, string>()
    for (const [id, domain] of entriesOf(organizations)) {
      if (typeof domain === 'string') granted.set(id, domain)
    }
    // A role that no organisation granted is not held.
    if (granted.size > 0) roles.set(role, granted)
  }
  return roles
}

function entriesOf (value: unknown): Array<[string, unknown]> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  return Object.entries(value).filter(([key]) => key !== '' && key !== '__proto__')
}
