/**
 * Claims about the user. `null` is sent as `null`.
 *
 * @see {@link https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims OpenID Connect Core section 5.1}
 */
export interface Profile {
  name?: string | undefined
  given_name?: string | undefined
  family_name?: string | undefined
  nickname?: string | undefined
  picture?: string | undefined
  gender?: 'female' | 'male' | 'diverse' | undefined
  /** BCP 47; ZITADEL sends `null` for a person without a language. */
  locale?: string | null | undefined
  /** Seconds since 1970. */
  updated_at?: number | undefined
  email?: string | undefined
  email_verified?: boolean | undefined
  phone_number?: string | undefined
  phone_number_verified?: boolean | undefined
}

/** `user`: a person after a login. `service`: a service account (JWT profile). `pat`: a personal access token. */
export type TokenKind = 'user' | 'service' | 'pat'

/** The organization of a user ("resource owner"). */
export interface Organization {
  id: string
  name?: string | undefined
  primaryDomain?: string | undefined
}

/** An organization with all members. */
export type CompleteOrganization = { readonly [K in keyof Organization]-?: NonNullable<Organization[K]> }

/** Default user of each kind of token. */
export const DEFAULT_USERS: Record<TokenKind, { sub: string, username: string, profile: Profile }> = {
  user: {
    sub: '280000000000000500',
    username: 'ada@acme.example',
    profile: {
      name: 'Ada Lovelace',
      given_name: 'Ada',
      family_name: 'Lovelace',
      locale: 'en',
      updated_at: 1783000000,
      email: 'ada@acme.example',
      email_verified: true
    }
  },
  service: {
    sub: '280000000000000600',
    username: 'billing-worker',
    profile: { name: 'Billing worker', updated_at: 1783000000 }
  },
  pat: {
    sub: '280000000000000601',
    username: 'ci-bot',
    profile: { name: 'CI bot', updated_at: 1780000000 }
  }
}

/** Completes the organization of a user. Default ACME; missing fields derive from the id. */
export function resolveOrganization (option: Organization | string | undefined): CompleteOrganization {
  if (option === undefined) return { id: '280000000000000900', name: 'ACME', primaryDomain: 'acme.auth.acme.example' }
  const { id, name = `Organization ${id}`, primaryDomain = `${id}.auth.acme.example` } = typeof option === 'string' ? { id: option } : option
  return { id, name, primaryDomain }
}
