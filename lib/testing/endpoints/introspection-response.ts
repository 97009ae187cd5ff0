import type { Project } from '../instance/applications.ts'
import { compareNames } from '../http/go-json.ts'
import { filterVisibleRoles } from '../tokens/roles.ts'
import type { TokenRecord } from '../tokens/token-record.ts'
import { createUserInfo } from './user-info.ts'

/** The order of the fields in the protocol library. It holds if a response has no other field. */
const STRUCT_ORDER = [
  'active', 'scope', 'client_id', 'token_type', 'exp', 'iat', 'auth_time', 'nbf', 'sub', 'aud', 'amr', 'iss', 'jti', 'username', 'act',
  'name', 'given_name', 'family_name', 'middle_name', 'nickname', 'profile', 'picture', 'website', 'gender', 'birthdate', 'zoneinfo', 'locale',
  'updated_at', 'preferred_username', 'email', 'email_verified', 'phone_number', 'phone_number_verified', 'address'
]

/**
 * Creates the response about an active token. Zero values are absent, like with `omitempty` of Go.
 *
 * @param token with the scopes and the audience that the client of the request gets
 * @param issuer the origin of the introspection request, not of the issuance of the token
 */
export function createIntrospectionResponse (token: TokenRecord, project: Project, issuer: string): ReadonlyMap<string, unknown> {
  const { options, issuedAt } = token
  const { amr = token.kind === 'user' && options.actor === undefined ? ['pwd'] : [] } = options
  const response: Record<string, unknown> = {
    active: true,
    scope: token.scopes.join(' ') || undefined,
    client_id: token.clientId,
    token_type: 'Bearer',
    exp: token.expiresAt,
    iat: issuedAt,
    auth_time: token.kind !== 'pat' && options.actor === undefined ? issuedAt : undefined,
    nbf: issuedAt,
    sub: token.sub,
    aud: token.audience,
    amr: amr.length > 0 ? amr : undefined,
    iss: issuer,
    jti: token.id,
    act: options.actor,
    ...(options.minimal === true ? {} : { ...createUserInfo(token), ...createRoleClaims(token, project) }),
    ...options.claims
  }
  const entries = Object.entries(response).filter(([, value]) => value !== undefined)
  const position = ([name]: [string, unknown]): number => STRUCT_ORDER.indexOf(name)
  const registeredOnly = entries.every((entry) => position(entry) !== -1)
  return new Map(entries.sort(registeredOnly ? (a, b) => position(a) - position(b) : compareNames))
}

/** The roles in the project of the client, and in no other project. */
function createRoleClaims (token: TokenRecord, project: Project): Record<string, unknown> {
  const visible = token.projectId === project.id ? filterVisibleRoles(token.roles, token.scopes) : undefined
  return {
    'urn:zitadel:iam:org:project:roles': visible,
    [`urn:zitadel:iam:org:project:${project.id}:roles`]: visible
  }
}
