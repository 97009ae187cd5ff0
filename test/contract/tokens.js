const acme = { id: '280000000000000900', name: 'ACME', primaryDomain: 'acme.auth.acme.example' }
const metadataScope = 'urn:zitadel:iam:user:metadata'
const resourceOwnerScope = 'urn:zitadel:iam:user:resourceowner'

/**
 * Tokens in two forms: options for the stand-in, and facts for the Go server. The facts are written by hand, so that the
 * interpretation of the options by the stand-in is checked too.
 *
 * @returns {Record<string, { options: import('../../dist/testing/index.js').TokenOptions, facts: object }>}
 */
export function tokens ({ standIn, apis: { api, keyOnly, inactive, foreign }, issuedAt }) {
  const { projectId } = standIn
  const audience = [standIn.loginClientId, api.clientId, keyOnly.clientId, inactive.clientId, projectId]
  const ada = {
    username: 'ada@acme.example',
    name: 'Ada Lovelace',
    givenName: 'Ada',
    familyName: 'Lovelace',
    human: true,
    language: 'en',
    updatedAt: 1783000000,
    email: 'ada@acme.example',
    emailVerified: true,
    organization: acme
  }
  const person = {
    sub: '280000000000000500',
    clientId: standIn.loginClientId,
    projectId,
    audience,
    issuedAt,
    expiration: issuedAt + 43200,
    authTime: issuedAt,
    amr: ['pwd'],
    user: ada
  }
  const roles = { admin: { [acme.id]: acme.primaryDomain } }
  const scopes = ['openid', 'profile', 'email']
  const projectScope = `urn:zitadel:iam:org:project:id:${projectId}:aud`
  const manyOrganizations = {
    writer: { 3: 'c.example', 20: 'b.example', 1: 'a.example' },
    '<b>&': { 3: 'c.example' },
    10: { 1: 'a.example' },
    9: { 1: 'a.example' }
  }

  return {
    openidOnly: { options: { scopes: ['openid'] }, facts: { ...person, scope: ['openid'] } },
    profile: { options: {}, facts: { ...person, scope: scopes } },
    noScope: { options: { scopes: [] }, facts: { ...person, scope: [] } },
    everything: {
      options: {
        scopes: [...scopes, 'phone', metadataScope, resourceOwnerScope, projectScope],
        roles: ['admin'],
        amr: ['pwd', 'otp', 'mfa'],
        metadata: { tier: 'gold', 'a<b': 'Zürich ✓', empty: '' },
        profile: { nickname: 'Countess', gender: 'female', phone_number: '+41 44 000 00 00', phone_number_verified: true }
      },
      facts: {
        ...person,
        scope: [...scopes, 'phone', metadataScope, resourceOwnerScope, projectScope],
        amr: ['pwd', 'otp', 'mfa'],
        roles,
        user: { ...ada, nickName: 'Countess', gender: 'female', phone: '+41 44 000 00 00', phoneVerified: true, metadata: { tier: 'gold', 'a<b': 'Zürich ✓', empty: '' } }
      }
    },
    noLocale: {
      options: { profile: { locale: null, email_verified: false } },
      facts: { ...person, scope: scopes, user: { ...ada, language: '', emailVerified: false } }
    },
    noMetadata: { options: { scopes: ['openid', metadataScope] }, facts: { ...person, scope: ['openid', metadataScope] } },
    severalOrganizations: { options: { scopes: ['openid'], roles: manyOrganizations }, facts: { ...person, scope: ['openid'], roles: manyOrganizations } },
    oneOrganization: {
      options: { scopes: ['openid', 'urn:zitadel:iam:org:roles:id:20'], roles: manyOrganizations },
      facts: { ...person, scope: ['openid', 'urn:zitadel:iam:org:roles:id:20'], roles: manyOrganizations }
    },
    oneRole: {
      options: { scopes: ['openid', 'urn:zitadel:iam:org:project:role:writer'], roles: manyOrganizations },
      facts: { ...person, scope: ['openid', 'urn:zitadel:iam:org:project:role:writer'], roles: manyOrganizations }
    },
    organizationScopes: {
      options: { scopes: ['openid', `urn:zitadel:iam:org:id:${acme.id}`, `urn:zitadel:iam:org:domain:primary:${acme.primaryDomain}`] },
      facts: { ...person, scope: ['openid', `urn:zitadel:iam:org:id:${acme.id}`, `urn:zitadel:iam:org:domain:primary:${acme.primaryDomain}`] }
    },
    service: {
      options: { kind: 'service', roles: { writer: { [acme.id]: acme.primaryDomain } } },
      facts: {
        ...person,
        sub: '280000000000000600',
        clientId: 'billing-worker',
        audience: [projectId],
        amr: [],
        scope: ['openid', projectScope],
        roles: { writer: { [acme.id]: acme.primaryDomain } }
      }
    },
    pat: {
      options: { kind: 'pat', lifetime: null },
      facts: {
        sub: '280000000000000601',
        projectId,
        scope: ['openid', 'profile', metadataScope, resourceOwnerScope],
        audience: [],
        issuedAt,
        expiration: 253402300799,
        isPat: true,
        user: { username: 'ci-bot', name: 'CI bot', updatedAt: 1780000000, organization: acme }
      }
    },
    impersonated: {
      // The response to a token exchange has no time of a login, unless the options say otherwise.
      options: { roles: ['admin'], amr: ['pwd'], actor: { iss: standIn.issuer, sub: '280000000000000601', act: { iss: standIn.issuer, sub: '1' } } },
      facts: { ...person, authTime: 0, scope: scopes, roles, actor: { iss: standIn.issuer, sub: '280000000000000601', act: { iss: standIn.issuer, sub: '1' } } }
    },
    customClaims: {
      options: { claims: { zebra: [1, 'two', { b: null, a: true }], 'https://acme.example/<&>': '\u2028 "q" \\ \t é 😀', number: 1.5e-7, large: 1e21, nothing: null } },
      facts: { ...person, scope: scopes, claims: { zebra: [1, 'two', { b: null, a: true }], 'https://acme.example/<&>': '\u2028 "q" \\ \t é 😀', number: 1.5e-7, large: 1e21, nothing: null } }
    },
    minimal: { options: { minimal: true, roles: ['admin'] }, facts: { ...person, scope: scopes, roles, minimal: true } },
    jwt: { options: { format: 'jwt' }, facts: { ...person, scope: scopes } },
    legacy: { options: { format: 'legacy' }, facts: { ...person, scope: scopes } },
    expired: { options: { lifetime: -1 }, facts: { ...person, scope: scopes, expiration: issuedAt - 1 } },
    foreignProject: {
      options: { projectId: foreign.projectId, clientId: '5', roles: { reader: { 1: 'a.example' } } },
      facts: { ...person, clientId: '5', projectId: foreign.projectId, audience: ['5', foreign.clientId, foreign.projectId], scope: scopes, roles: { reader: { 1: 'a.example' } } }
    },
    bothProjects: {
      options: { scopes: ['openid', `urn:zitadel:iam:org:project:id:${foreign.projectId}:aud`], roles: ['admin'] },
      facts: { ...person, audience: [...audience, foreign.projectId], scope: ['openid', `urn:zitadel:iam:org:project:id:${foreign.projectId}:aud`], roles }
    }
  }
}
