import type { Applications } from './applications.ts'
import { suffixes, type Roles } from './roles.ts'
import type { TokenOptions } from './token-options.ts'
import { organization, users, type Organization, type TokenKind } from './users.ts'

/** What the stand-in keeps about a token. Times in seconds since the epoch. */
export interface TokenRecord {
  readonly id: string
  readonly sessionId: string
  /** Of the token's issuance; the answer has the one of the introspection. */
  readonly issuer: string
  readonly kind: TokenKind
  readonly sub: string
  readonly username: string
  readonly clientId: string | undefined
  readonly scopes: readonly string[]
  readonly audience: readonly string[]
  readonly projectId: string
  readonly organization: Required<Organization>
  readonly issuedAt: number
  readonly expiresAt: number
  readonly options: TokenOptions
  roles: Roles
  /** Why the token is no longer live. */
  ended?: string
}

/** The instance that tokens are issued by. */
export interface Issuer {
  readonly issuer: string
  readonly projectId: string
  readonly loginClientId: string
  readonly applications: Applications
  readonly clock: () => number
}

const withoutExpiry = 253402300799 // 9999-12-31T23:59:59Z
const patScopes = ['openid', 'profile', 'urn:zitadel:iam:user:metadata', 'urn:zitadel:iam:user:resourceowner']

export function tokenRecord (options: TokenOptions, sessionId: string, tokenId: string, issuer: Issuer): TokenRecord {
  const { kind = 'user', lifetime = 43200, projectId = issuer.projectId } = options
  const { sub = users[kind].sub, username = users[kind].username, clientId = issuer.loginClientId } = options
  const issuedAt = Math.floor(issuer.clock() / 1000)
  const scopes = scopesOf(kind, projectId, options.scopes)
  const record = {
    id: kind === 'pat' ? tokenId : `V2_${sessionId}-at_${tokenId}`,
    sessionId,
    issuer: issuer.issuer,
    kind,
    sub,
    username,
    clientId: { user: clientId, service: username, pat: undefined }[kind],
    scopes,
    audience: options.audience ?? audience(kind, clientId, projectId, scopes, issuer.applications),
    projectId,
    organization: organization(options.organization),
    issuedAt,
    expiresAt: lifetime === null ? withoutExpiry : issuedAt + lifetime,
    options
  }
  return { ...record, roles: grant(options.roles ?? [], record, issuer) }
}

function scopesOf (kind: TokenKind, projectId: string, requested: string[] | undefined): readonly string[] {
  if (kind === 'pat') return patScopes
  return requested ?? (kind === 'user' ? ['openid', 'profile', 'email'] : ['openid', `urn:zitadel:iam:org:project:id:${projectId}:aud`])
}

/** A person's token is for all applications of the project, a service account's for the projects it names. */
function audience (kind: TokenKind, clientId: string, projectId: string, scopes: readonly string[], applications: Applications): string[] {
  if (kind === 'pat') return []
  const own = kind === 'user' ? [clientId, ...applications.clientIds(projectId), projectId] : []
  const named = [...suffixes(scopes, 'urn:zitadel:iam:org:project:id:')].filter((id) => id.endsWith(':aud')).map((id) => id.slice(0, -4))
  return [...new Set([...own, ...named])]
}

/** Roles in the form of the claim. A role that somebody holds is a role of the project. */
export function grant (roles: Roles | string[], { organization, projectId }: Pick<TokenRecord, 'organization' | 'projectId'>, { applications }: Issuer): Roles {
  const granted = Array.isArray(roles)
    ? Object.fromEntries(roles.map((key) => [key, { [organization.id]: organization.primaryDomain }]))
    : roles
  for (const key of Object.keys(granted)) applications.project(projectId).roles.add(key)
  return granted
}
