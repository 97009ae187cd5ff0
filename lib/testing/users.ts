/** Claims about the user, under the names of OpenID Connect Core section 5.1. `null` is written as `null`. */
export interface Profile {
  name?: string
  given_name?: string
  family_name?: string
  nickname?: string
  picture?: string
  gender?: 'female' | 'male' | 'diverse'
  /** BCP 47; `null` as ZITADEL sends it for a person without a language. */
  locale?: string | null
  /** Seconds since the epoch. */
  updated_at?: number
  email?: string
  email_verified?: boolean
  phone_number?: string
  phone_number_verified?: boolean
}

/** `user` is a person who logged in, `service` a service account (JWT profile), `pat` a personal access token. */
export type TokenKind = 'user' | 'service' | 'pat'

/** The organisation that owns a user. */
export interface Organization {
  id: string
  name?: string
  primaryDomain?: string
}

/** Who a token is about when the test does not say. */
export const users: Record<TokenKind, { sub: string, username: string, profile: Profile }> = {
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

/** The resource owner of a user: ACME by default; what is not given is made up from the id. */
export function organization (given: Organization | string | undefined): Required<Organization> {
  if (given === undefined) return { id: '280000000000000900', name: 'ACME', primaryDomain: 'acme.auth.acme.example' }
  const { id, name = `Organization ${id}`, primaryDomain = `${id}.auth.acme.example` } = typeof given === 'string' ? { id: given } : given
  return { id, name, primaryDomain }
}
