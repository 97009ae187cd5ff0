import type { ApplicationStore, Project } from '../instance/applications.ts'
import { createRoleScopes, getSuffixes, type Roles } from './roles.ts'
import { DEFAULT_LIFETIME_SECONDS, type TokenOptions } from './token-options.ts'
import { resolveOrganization, DEFAULT_USERS, type CompleteOrganization, type TokenKind } from './default-users.ts'

/** An issued token. Times are in seconds since 1970. */
export interface TokenRecord {
  readonly id: string
  readonly sessionId: string
  /** The issuer at the time of issuance. The response has the origin of the introspection request. */
  readonly issuer: string
  readonly kind: TokenKind
  readonly sub: string
  readonly username: string
  readonly clientId: string | undefined
  readonly scopes: readonly string[]
  readonly audience: readonly string[]
  readonly projectId: string
  readonly organization: CompleteOrganization
  readonly issuedAt: number
  readonly expiresAt: number
  readonly options: TokenOptions
  roles: Roles
  /** The reason why the token is inactive; absent for an active token. */
  endReason?: string
}

/** The instance that issues tokens. */
export interface TokenIssuer {
  readonly issuer: string
  readonly projectId: string
  readonly loginClientId: string
  readonly applications: ApplicationStore
  readonly clock: () => number
}

const NO_EXPIRY_SECONDS = 253402300799 // 9999-12-31T23:59:59Z
const PAT_SCOPES = ['openid', 'profile', 'urn:zitadel:iam:user:metadata', 'urn:zitadel:iam:user:resourceowner']

export function createTokenRecord (options: TokenOptions, sessionId: string, tokenId: string, issuer: TokenIssuer): TokenRecord {
  const { kind = 'user', lifetime = DEFAULT_LIFETIME_SECONDS, projectId = issuer.projectId } = options
  const { sub = DEFAULT_USERS[kind].sub, username = DEFAULT_USERS[kind].username, clientId = issuer.loginClientId } = options
  const issuedAt = Math.floor(issuer.clock() / 1000)
  const organization = resolveOrganization(options.organization)
  const roles = normalizeRoles(options.roles ?? [], { organization, projectId }, issuer)
  const scopes = [...resolveScopes(kind, projectId, options.scopes), ...kind === 'user' ? createAssertedScopes(issuer.applications.getProject(projectId)) : []]
  return {
    id: kind === 'pat' ? tokenId : `V2_${sessionId}-at_${tokenId}`,
    sessionId,
    issuer: issuer.issuer,
    kind,
    sub,
    username,
    clientId: { user: clientId, service: username, pat: undefined }[kind],
    scopes,
    audience: options.audience ?? resolveAudience(kind, clientId, projectId, scopes, issuer.applications),
    projectId,
    organization,
    issuedAt,
    expiresAt: lifetime === null ? NO_EXPIRY_SECONDS : issuedAt + lifetime,
    options,
    roles
  }
}

/** With the setting "assert roles on authentication", a login adds the scopes of all roles of the project. */
function createAssertedScopes ({ assertRoles, roles }: Project): string[] {
  return assertRoles ? createRoleScopes([...roles].sort()) : []
}

function resolveScopes (kind: TokenKind, projectId: string, requested: string[] | undefined): readonly string[] {
  if (kind === 'pat') return PAT_SCOPES
  return requested ?? (kind === 'user' ? ['openid', 'profile', 'email'] : ['openid', `urn:zitadel:iam:org:project:id:${projectId}:aud`])
}

/** The token of a person is for all applications of the project, that of a service account for the projects in its scopes. */
function resolveAudience (kind: TokenKind, clientId: string, projectId: string, scopes: readonly string[], applications: ApplicationStore): string[] {
  if (kind === 'pat') return []
  const own = kind === 'user' ? [clientId, ...applications.getClientIds(projectId), projectId] : []
  const named = [...getSuffixes(scopes, 'urn:zitadel:iam:org:project:id:')].filter((id) => id.endsWith(':aud')).map((id) => id.slice(0, -4))
  return [...new Set([...own, ...named])]
}

/** Converts roles to the form of the claim, and adds their keys to the roles of the project. */
export function normalizeRoles (roles: Roles | string[], { organization, projectId }: Pick<TokenRecord, 'organization' | 'projectId'>, { applications }: TokenIssuer): Roles {
  const granted = Array.isArray(roles)
    ? Object.fromEntries(roles.map((key) => [key, { [organization.id]: organization.primaryDomain }]))
    : roles
  for (const key of Object.keys(granted)) applications.getProject(projectId).roles.add(key)
  return granted
}
