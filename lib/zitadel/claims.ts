import type { IntrospectionResponse } from '../oauth/introspection.ts'

/** The party that acts for the subject (token exchange, RFC 8693). A chain: each party acted through the one in its `act`. */
export interface Actor {
  readonly iss?: string
  readonly sub: string
  readonly act?: Actor
}

/**
 * The claims of an introspection response of ZITADEL. The types say what ZITADEL sends; only `active`, `exp` and `nbf` are
 * checked. Claims that an Action adds can be declared by declaration merging.
 *
 * @example
 * ```ts
 * declare module 'fastify-zitadel' {
 *   interface ZitadelClaims { readonly 'https://acme.example/tenant'?: string }
 * }
 * ```
 * @see {@link https://www.rfc-editor.org/rfc/rfc7662#section-2.2 RFC 7662 section 2.2}
 */
export interface ZitadelClaims extends IntrospectionResponse {
  readonly iss?: string
  readonly sub?: string
  readonly aud?: string | readonly string[]
  readonly client_id?: string
  readonly scope?: string
  readonly jti?: string
  /** Seconds since 1970. */
  readonly iat?: number
  readonly token_type?: string
  readonly username?: string
  readonly act?: Actor
  /** Seconds since 1970. */
  readonly auth_time?: number
  readonly amr?: readonly string[]
  readonly name?: string
  readonly given_name?: string
  readonly family_name?: string
  readonly nickname?: string
  readonly preferred_username?: string
  readonly gender?: string
  /** ZITADEL sends null for a user without a language. */
  readonly locale?: string | null
  readonly picture?: string
  /** Seconds since 1970. */
  readonly updated_at?: number
  readonly email?: string
  readonly email_verified?: boolean
  readonly phone_number?: string
  readonly phone_number_verified?: boolean
  /** The roles in this API's project: role key -> id of the organization that granted it -> its primary domain. */
  readonly 'urn:zitadel:iam:org:project:roles'?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Each value is base64. */
  readonly 'urn:zitadel:iam:user:metadata'?: Readonly<Record<string, string>>
  readonly 'urn:zitadel:iam:user:resourceowner:id'?: string
  readonly 'urn:zitadel:iam:user:resourceowner:name'?: string
  readonly 'urn:zitadel:iam:user:resourceowner:primary_domain'?: string
  readonly 'urn:zitadel:iam:org:id'?: string
  readonly 'urn:zitadel:iam:org:domain:primary'?: string
}
