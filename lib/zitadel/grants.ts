import type { IntrospectionResponse } from '../oauth/introspection.ts'
import { isZitadelScope, isRoleScope } from './scopes.ts'

/** What a resource server has decided about reading claims. */
export interface GrantRules {
  /** Where a scope that is not ZITADEL's own is looked for. */
  readonly customScopes: 'roles' | 'scope'
  /** The project whose roles count, where more than the API's own could be listed. */
  readonly projectId?: string | undefined
}

/** Role key -> id of the organisation that granted it -> that organisation's primary domain. */
export type Roles = Readonly<Record<string, Readonly<Record<string, string>>>>

/**
 * What a token's claims grant, prepared once so that every decision is a lookup. Frozen, so that handlers can be shown the
 * same: no Set and no Map, which cannot be, and which would be kept beside a view of each.
 */
export class Grants {
  readonly scopes: readonly string[]
  readonly roles: Roles
  readonly #customScopes: GrantRules['customScopes']

  constructor (claims: IntrospectionResponse, { customScopes, projectId }: GrantRules) {
    this.scopes = Object.freeze(typeof claims['scope'] === 'string' ? [...new Set(claims['scope'].split(' ').filter(Boolean))] : [])
    this.roles = parseRoles(claims, projectId)
    this.#customScopes = customScopes
  }

  /** @param organization undefined for any; anything else that is not the id of one that granted the role, such as an array, is none */
  hasRole (role: string, organization?: string): boolean {
    const organizations = this.roles[role]
    return organizations !== undefined && (organization === undefined || (typeof organization === 'string' && organizations[organization] !== undefined))
  }

  /** One of ZITADEL's own scopes, or a custom one wherever custom scopes are looked for. A role scope is never held. */
  hasScope (scope: string, organization?: string): boolean {
    if (isRoleScope(scope)) return false
    if (isZitadelScope(scope) || this.#customScopes === 'scope') return this.scopes.includes(scope)
    return this.hasRole(scope, organization)
  }
}

const ROLES_CLAIM = 'urn:zitadel:iam:org:project:roles'

// Objects, not arrays: ZITADEL's documentation shows arrays, its code has never sent one.
function parseRoles (claims: IntrospectionResponse, projectId: string | undefined): Roles {
  const roles: Array<[string, Roles[string]]> = []
  const specific = projectId === undefined ? undefined : claims[`urn:zitadel:iam:org:project:${projectId}:roles`]
  for (const [role, organizations] of getEntries(specific ?? claims[ROLES_CLAIM])) {
    const granted = getEntries(organizations).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
    // A role that no organisation granted is not held.
    if (granted.length > 0) roles.push([role, createFrozenRecord(granted)])
  }
  return createFrozenRecord(roles)
}

const EMPTY_PROTOTYPE = Object.freeze(Object.create(null))

/**
 * A frozen object on which no name finds anything but what was granted. Not without a prototype but with an empty one: of
 * the former V8 makes dictionaries of four times the size.
 */
export function createFrozenRecord<T> (entries: ReadonlyArray<readonly [string, T]>): Readonly<Record<string, T>> {
  const object: Record<string, T> = Object.create(EMPTY_PROTOTYPE)
  for (const [name, value] of entries) object[name] = value
  return Object.freeze(object)
}

function getEntries (value: unknown): Array<[string, unknown]> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  return Object.entries(value).filter(([key]) => key !== '' && key !== '__proto__')
}
