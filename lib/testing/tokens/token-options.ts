import { LIFETIME, OBJECT, ROLES, SWITCH, TEXT, TEXT_OR_ID, TEXT_RECORD, TEXTS, createChoiceCheck, type ValueChecks } from '../options/option-values.ts'
import type { Roles } from './roles.ts'
import type { TokenFormat } from './token-format.ts'
import type { Organization, Profile, TokenKind } from './default-users.ts'

/**
 * The user or service that acts for the subject, after a token exchange. The innermost `act` acted first.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8693#section-4.1 RFC 8693 section 4.1}
 */
export interface Actor {
  iss: string
  sub: string
  act?: Actor | undefined
}

/** Twelve hours, as ZITADEL's default. */
export const DEFAULT_LIFETIME_SECONDS = 43_200

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
  kind?: TokenKind | undefined
  /** Default `opaque`. */
  format?: TokenFormat | undefined
  /** Id of the user. */
  sub?: string | undefined
  /** Login name of the user. */
  username?: string | undefined
  /** Client id of the application of the login. A service account has its user name there, a PAT nothing. */
  clientId?: string | undefined
  /** Default for a person `openid profile email`, for a service account `openid` and the project. The scopes of a PAT are fixed. */
  scopes?: string[] | undefined
  /** Keys of roles in `organization`, or role key -> organization id -> primary domain. Default none. */
  roles?: Roles | string[] | undefined
  /** The project of the roles and of the audience. Default: `projectId` of the stand-in. */
  projectId?: string | undefined
  /** The organization of the user ("resource owner"), or its id. Default ACME. */
  organization?: Organization | string | undefined
  /** Seconds until expiry. Default 43200 (12 h). `null`: no expiry (a PAT). Negative: already expired. */
  lifetime?: number | null | undefined
  /** Replaces the audience that ZITADEL gives to this kind of token. */
  audience?: string[] | undefined
  /** Metadata of the user, not encoded. Sent with the scope `urn:zitadel:iam:user:metadata`. */
  metadata?: Record<string, string> | undefined
  /** The actor of a token exchange. The token then has no `auth_time` and by default no `amr`. Default none. */
  actor?: Actor | undefined
  /** Authentication methods of the login. Default `['pwd']` for a person, none for the other kinds. */
  amr?: string[] | undefined
  /** Changes the claims of the scopes `profile`, `email` and `phone`. */
  profile?: Profile | undefined
  /** Added to the response last: custom claims and wrong values of any type. `undefined` removes a claim. */
  claims?: Record<string, unknown> | undefined
  /** True: the response has no claims about the user and no roles, as with minimal introspection. Default false. */
  minimal?: boolean | undefined
}

export const TOKEN_OPTION_CHECKS: ValueChecks<TokenOptions> = {
  kind: createChoiceCheck('user', 'service', 'pat'),
  format: createChoiceCheck('opaque', 'legacy', 'jwt'),
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
