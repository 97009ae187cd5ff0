import { LIFETIME, OBJECT, ROLES, SWITCH, TEXT, TEXT_OR_ID, TEXT_RECORD, TEXTS, oneOf, type ValueChecks } from '../options/option-values.ts'
import type { Roles } from './roles.ts'
import type { TokenFormat } from './token-format.ts'
import type { Organization, Profile, TokenKind } from './users.ts'

/**
 * The user or service that acts for the subject, after a token exchange. The innermost `act` acted first.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8693#section-4.1 RFC 8693 section 4.1}
 */
export interface Actor {
  iss: string
  sub: string
  act?: Actor
}

/**
 * The properties of a token. Every option has a default.
 *
 * @example
 * await standIn.issueToken({ roles: ['admin'] }) // a person
 * await standIn.issueToken({ kind: 'service', lifetime: 60 }) // a service account, one minute
 * await standIn.issueToken({ kind: 'pat', lifetime: null }) // a personal access token without expiry
 */
export interface TokenOptions {
  /** Default `user`. */
  kind?: TokenKind
  /** Default `opaque`. */
  format?: TokenFormat
  /** Id of the user. */
  sub?: string
  /** Login name of the user. */
  username?: string
  /** Client id of the application of the login. A service account has its user name there, a PAT nothing. */
  clientId?: string
  /** Default for a person `openid profile email`, for a service account `openid` and the project. The scopes of a PAT are fixed. */
  scopes?: string[]
  /** Keys of roles in `organization`, or role key -> organization id -> primary domain. Default none. */
  roles?: Roles | string[]
  /** The project of the roles and of the audience. Default: `projectId` of the stand-in. */
  projectId?: string
  /** The organization of the user ("resource owner"), or its id. Default ACME. */
  organization?: Organization | string
  /** Seconds until expiry. Default 43200 (12 h). `null`: no expiry (a PAT). Negative: already expired. */
  lifetime?: number | null
  /** Replaces the audience that ZITADEL gives to this kind of token. */
  audience?: string[]
  /** Metadata of the user, not encoded. Sent with the scope `urn:zitadel:iam:user:metadata`. */
  metadata?: Record<string, string>
  /** The actor of a token exchange. The token then has no `auth_time` and by default no `amr`. Default none. */
  actor?: Actor
  /** Authentication methods of the login. Default `['pwd']` for a person, none for the other kinds. */
  amr?: string[]
  /** Changes the claims of the scopes `profile`, `email` and `phone`. */
  profile?: Profile
  /** Added to the response last: custom claims and wrong values of any type. `undefined` removes a claim. */
  claims?: Record<string, unknown>
  /** True: the response has no claims about the user and no roles, as with minimal introspection. Default false. */
  minimal?: boolean
}

export const TOKEN_OPTION_CHECKS: ValueChecks<TokenOptions> = {
  kind: oneOf('user', 'service', 'pat'),
  format: oneOf('opaque', 'legacy', 'jwt'),
  sub: TEXT,
  username: TEXT,
  clientId: TEXT,
  scopes: TEXTS,
  roles: ROLES,
  projectId: TEXT,
  organization: TEXT_OR_ID,
  lifetime: LIFETIME,
  audience: TEXTS,
  metadata: TEXT_RECORD,
  actor: OBJECT,
  amr: TEXTS,
  profile: OBJECT,
  claims: OBJECT,
  minimal: SWITCH
}
