import type { Roles } from './roles.ts'
import type { TokenFormat } from './token-format.ts'
import type { Organization, Profile, TokenKind } from './users.ts'

/**
 * Who acts for the subject, after a token exchange. The innermost `act` acted first.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8693#section-4.1 RFC 8693 section 4.1}
 */
export interface Actor {
  iss: string
  sub: string
  act?: Actor
}

/**
 * What a token shall be; all of it can be left out.
 *
 * @example
 * await standIn.issueToken({ roles: ['admin'] }) // a person
 * await standIn.issueToken({ kind: 'service', lifetime: 60 }) // a service account, for a minute
 * await standIn.issueToken({ kind: 'pat', lifetime: null }) // a personal access token without expiry
 */
export interface TokenOptions {
  /** Default `user`. */
  kind?: TokenKind
  /** Default `opaque`. */
  format?: TokenFormat
  /** The user's id. */
  sub?: string
  /** The user's login name. */
  username?: string
  /** The application that the user logged in to. Service accounts have their user name there, PATs nothing. */
  clientId?: string
  /** Of a person `openid profile email` by default, of a service account `openid` and the project. Those of a PAT are fixed. */
  scopes?: string[]
  /** Roles held in `organization`, or role key to organisation id to primary domain. */
  roles?: Roles | string[]
  /** The project that the roles belong to and the token is for; the stand-in's own by default. */
  projectId?: string
  /** The user's organisation ("resource owner"), by its id alone if you like. */
  organization?: Organization | string
  /** Seconds until it expires, default 43200 (12 h). `null`: a PAT without expiry. Negative: expired already. */
  lifetime?: number | null
  /** In place of the audience that ZITADEL would give to this kind. */
  audience?: string[]
  /** Unencoded; sent when the scope `urn:zitadel:iam:user:metadata` is there. */
  metadata?: Record<string, string>
  /** Who acts for the user; absent unless there was a token exchange. */
  actor?: Actor
  /** How the user logged in, default `['pwd']` for a person. */
  amr?: string[]
  /** Changes to the claims about the user that `profile`, `email` and `phone` bring. */
  profile?: Profile
  /** Written over the answer, whatever it holds: custom claims of any type, and odd values. `undefined` removes one. */
  claims?: Record<string, unknown>
  /** As answered for an application with minimal introspection: no claims about the user, no roles. */
  minimal?: boolean
}

export const tokenOptionNames = { kind: true, format: true, sub: true, username: true, clientId: true, scopes: true, roles: true, projectId: true, organization: true, lifetime: true, audience: true, metadata: true, actor: true, amr: true, profile: true, claims: true, minimal: true } as const
