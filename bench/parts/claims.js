const PROJECT = '280000000000000001'
const NOW = Math.floor(Date.now() / 1000)
const ORGANIZATION = '280000000000000011'

/** A typical introspection response of about 1 kB: a person with two roles, profile and email. */
export function createIntrospectionResponse (issuer, number) {
  const granted = { [ORGANIZATION]: 'acme.example' }
  const roles = { 'orders:read': granted, 'orders:write': granted }
  const sub = String(290000000000000000n + BigInt(number))
  return {
    active: true,
    scope: 'openid profile email urn:zitadel:iam:user:resourceowner',
    client_id: '280000000000000100',
    token_type: 'Bearer',
    exp: NOW + 43_200,
    iat: NOW,
    auth_time: NOW,
    nbf: NOW,
    sub,
    aud: ['280000000000000100', PROJECT],
    amr: ['pwd'],
    iss: issuer,
    jti: `V2_${sub}-at_${sub}`,
    username: `user-${number}@acme.example`,
    name: 'Ada Lovelace',
    given_name: 'Ada',
    family_name: 'Lovelace',
    locale: 'en',
    updated_at: NOW - 1_000_000,
    preferred_username: `user-${number}@acme.example`,
    email: `user-${number}@acme.example`,
    email_verified: true,
    'urn:zitadel:iam:org:project:roles': roles,
    [`urn:zitadel:iam:org:project:${PROJECT}:roles`]: roles,
    'urn:zitadel:iam:user:resourceowner:id': ORGANIZATION,
    'urn:zitadel:iam:user:resourceowner:name': 'ACME',
    'urn:zitadel:iam:user:resourceowner:primary_domain': 'acme.example'
  }
}

/** What a JWT access token carries: with its signature, 1.1 kB of token. */
export function createAccessTokenClaims (issuer, number) {
  const { iss, sub, aud, exp, iat, nbf, client_id: clientId, jti, ...rest } = createIntrospectionResponse(issuer, number)
  const owner = 'urn:zitadel:iam:user:resourceowner'
  const roles = 'urn:zitadel:iam:org:project:roles'
  return {
    iss, sub, aud, exp, iat, nbf, client_id: clientId, jti, [roles]: rest[roles], [`${owner}:id`]: rest[`${owner}:id`], [`${owner}:name`]: rest[`${owner}:name`]
  }
}

export const AUDIENCE = PROJECT
