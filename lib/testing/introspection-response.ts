import type { Project } from './applications.ts'
import { byName } from './go-json.ts'
import { visibleRoles } from './roles.ts'
import type { TokenRecord } from './token-record.ts'
import { userInfo } from './user-info.ts'

/** The registered fields in the order of the library's struct, which is theirs as long as there is no other. */
const structOrder = [
  'active', 'scope', 'client_id', 'token_type', 'exp', 'iat', 'auth_time', 'nbf', 'sub', 'aud', 'amr', 'iss', 'jti', 'username', 'act',
  'name', 'given_name', 'family_name', 'middle_name', 'nickname', 'profile', 'picture', 'website', 'gender', 'birthdate', 'zoneinfo', 'locale',
  'updated_at', 'preferred_username', 'email', 'email_verified', 'phone_number', 'phone_number_verified', 'address'
]

/**
 * The answer about a live token. Zero values are absent, as Go's `omitempty` leaves them out.
 *
 * @param token its scopes and audience as they are for the asking application
 * @param issuer the origin of the introspection request, not of the token's issuance
 */
export function introspectionResponse (token: TokenRecord, project: Project, issuer: string): ReadonlyMap<string, unknown> {
  const { options, issuedAt } = token
  const loggedIn = token.kind !== 'pat'
  const response: Record<string, unknown> = {
    active: true,
    scope: token.scopes.join(' ') || undefined,
    client_id: token.clientId,
    token_type: 'Bearer',
    exp: token.expiresAt,
    iat: issuedAt,
    auth_time: loggedIn ? issuedAt : undefined,
    nbf: issuedAt,
    sub: token.sub,
    aud: token.audience,
    amr: options.amr ?? (token.kind === 'user' ? ['pwd'] : undefined),
    iss: issuer,
    jti: token.id,
    act: options.actor,
    ...(options.minimal === true ? {} : { ...userInfo(token), ...roles(token, project) }),
    ...options.claims
  }
  const entries = Object.entries(response).filter(([, value]) => value !== undefined)
  const position = ([name]: [string, unknown]): number => structOrder.indexOf(name)
  const registeredOnly = entries.every((entry) => position(entry) !== -1)
  return new Map(entries.sort(registeredOnly ? (a, b) => position(a) - position(b) : byName))
}

/** Roles of the asking application's project, and of no other. */
function roles (token: TokenRecord, project: Project): Record<string, unknown> {
  const visible = token.projectId === project.id ? visibleRoles(token.roles, token.scopes) : undefined
  return {
    'urn:zitadel:iam:org:project:roles': visible,
    [`urn:zitadel:iam:org:project:${project.id}:roles`]: visible
  }
}
