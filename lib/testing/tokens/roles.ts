/** Role key -> id of the organization in which it is granted -> primary domain of that organization. */
export type Roles = Record<string, Record<string, string>>

const ROLE_SCOPE = 'urn:zitadel:iam:org:project:role:'
const ORGANIZATION_SCOPE = 'urn:zitadel:iam:org:roles:id:'

export function createRoleScopes (keys: Iterable<string>): string[] {
  return Array.from(keys, (key) => ROLE_SCOPE + key)
}

/**
 * Returns the roles that a token shows, undefined if there is none. With a scope `urn:zitadel:iam:org:roles:id:<id>` these are
 * only the roles in these organizations, with `urn:zitadel:iam:org:project:role:<key>` only the roles with these keys.
 */
export function filterVisibleRoles (roles: Roles, scopes: readonly string[]): Roles | undefined {
  const keys = getSuffixes(scopes, ROLE_SCOPE)
  const organizations = getSuffixes(scopes, ORGANIZATION_SCOPE)
  const visible = Object.entries(roles)
    .filter(([key]) => keys.size === 0 || keys.has(key))
    .map(([key, grants]) => [key, Object.entries(grants).filter(([id]) => organizations.size === 0 || organizations.has(id))] as const)
    .filter(([, grants]) => grants.length > 0)
    .map(([key, grants]) => [key, Object.fromEntries(grants)] as const)
  return visible.length === 0 ? undefined : Object.fromEntries(visible)
}

export function getSuffixes (scopes: readonly string[], prefix: string): Set<string> {
  return new Set(scopes.filter((scope) => scope.startsWith(prefix)).map((scope) => scope.slice(prefix.length)))
}
