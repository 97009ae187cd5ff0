const PREFIX = 'urn:zitadel:iam:'
const ROLE_PREFIX = 'urn:zitadel:iam:org:project:role:'
const STANDARD: ReadonlySet<string> = new Set(['openid', 'profile', 'email', 'phone', 'address', 'offline_access', 'groups'])

/**
 * Whether ZITADEL itself issues this scope. Any other is dropped by its grants, or (device grant) stored as the client
 * wished, and so proves nothing about the caller.
 */
export function isZitadelScope (scope: string): boolean {
  return STANDARD.has(scope) || scope.startsWith(PREFIX)
}

/**
 * Whether a scope only asks for a role. It lists what a client asked for, and on every personal access token all roles of
 * the project, held or not: a requirement must name the role instead.
 */
export function isRoleScope (scope: string): boolean {
  return scope.startsWith(ROLE_PREFIX)
}
