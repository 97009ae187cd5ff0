const PREFIX = 'urn:zitadel:iam:'
const ROLE_PREFIX = 'urn:zitadel:iam:org:project:role:'
const STANDARD: ReadonlySet<string> = new Set(['openid', 'profile', 'email', 'phone', 'address', 'offline_access', 'groups'])

/**
 * Whether ZITADEL itself issues this scope. It drops every other scope, or (device grant) stores what the client requested,
 * so a custom scope proves nothing about the caller.
 */
export function isZitadelScope (scope: string): boolean {
  return STANDARD.has(scope) || scope.startsWith(PREFIX)
}

/**
 * Whether a scope only requests a role. The scopes of a token list what the client requested, and those of a personal access
 * token list every role of the project, granted or not. So a requirement must name the role instead.
 */
export function isRoleScope (scope: string): boolean {
  return scope.startsWith(ROLE_PREFIX)
}

/** The scope that puts a project into the audience of a token. Any client can request it. */
export function getAudienceScope (projectId: string): string {
  return `urn:zitadel:iam:org:project:id:${projectId}:aud`
}
