import { getSuffixes } from '../tokens/roles.ts'
import type { TokenRecord } from '../tokens/token-record.ts'
import { DEFAULT_USERS, type Profile } from '../tokens/default-users.ts'

/** Creates the claims about the user that belong to the scopes of the token. */
export function createUserInfo ({ kind, username, scopes, organization, options }: TokenRecord): Record<string, unknown> {
  const profile: Profile = { ...DEFAULT_USERS[kind].profile, ...options.profile }
  const has = (scope: string): boolean => scopes.includes(scope)
  const [organizationId] = getSuffixes(scopes, 'urn:zitadel:iam:org:id:')
  const [primaryDomain] = getSuffixes(scopes, 'urn:zitadel:iam:org:domain:primary:')
  const metadata = Object.entries(options.metadata ?? {}).map(([key, value]) => [key, Buffer.from(value).toString('base64url')])
  return {
    ...(has('profile') && {
      username,
      preferred_username: username,
      name: profile.name,
      given_name: profile.given_name,
      family_name: profile.family_name,
      nickname: profile.nickname,
      picture: profile.picture,
      gender: profile.gender,
      locale: profile.locale,
      updated_at: profile.updated_at
    }),
    ...(has('email') && { email: profile.email, email_verified: profile.email_verified || undefined }),
    ...(has('phone') && { phone_number: profile.phone_number, phone_number_verified: profile.phone_number_verified || undefined }),
    ...(has('urn:zitadel:iam:user:metadata') && metadata.length > 0 && { 'urn:zitadel:iam:user:metadata': Object.fromEntries(metadata) }),
    ...((has('urn:zitadel:iam:user:resourceowner') || organizationId !== undefined) && {
      'urn:zitadel:iam:user:resourceowner:id': organization.id,
      'urn:zitadel:iam:user:resourceowner:name': organization.name,
      'urn:zitadel:iam:user:resourceowner:primary_domain': organization.primaryDomain
    }),
    'urn:zitadel:iam:org:id': organizationId,
    'urn:zitadel:iam:org:domain:primary': primaryDomain
  }
}
