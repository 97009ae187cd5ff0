/** Role key to id of the organisation in which it is held to that organisation's primary domain. */
export type Roles = Record<string, Record<string, string>>

const roleScope = 'urn:zitadel:iam:org:project:role:'
const organizationScope = 'urn:zitadel:iam:org:roles:id:'

export function roleScopes (keys: Iterable<string>): string[] {
  return Array.from(keys, (key) => roleScope + key)
}

/**
 * The roles that a token shows: with `urn:zitadel:iam:org:roles:id:<id>` only those held in these organisations, with
 * `urn:zitadel:iam:org:project:role:<key>` only those asked for.
 */
export function visibleRoles (roles: Roles, scopes: readonly string[]): Roles | undefined {
  const keys = suffixes(scopes, roleScope)
  const organizations = suffixes(scopes, organizationScope)
  const visible = Object.entries(roles)
    .filter(([key]) => keys.size === 0 || keys.has(key))
    .map(([key, grants]) => [key, Object.entries(grants).filter(([id]) => organizations.size === 0 || organizations.has(id))] as const)
    .filter(([, grants]) => grants.length > 0)
    .map(([key, grants]) => [key, Object.fromEntries(grants)] as const)
  return visible.length === 0 ? undefined : Object.fromEntries(visible)
}

export function suffixes (scopes: readonly string[], prefix: string): Set<string> {
  return new Set(scopes.filter((scope) => scope.startsWith(prefix)).map((scope) => scope.slice(prefix.length)))
}
