import { startLoginProvider, type LoginProvider } from '../login-provider.ts'

/** The docs page as a client: a browser cannot keep a secret, so it has none. */
export const DOCS_CLIENT_ID = 'docs'
/** The API as a client that introspects tokens. */
export const API_CREDENTIALS = { clientId: 'orders', clientSecret: 'not-a-secret-in-an-example' }
export const PROJECT_ID = '311'

/** The roles of each account. Any other name can log in too, and has none. */
const ROLES = new Map([['ada', ['reader']], ['grace', ['reader', 'admin']]])
const ORGANIZATION = { 1: 'acme.example' }

/**
 * Starts an authorization server with ZITADEL's paths, so that the example needs no account at ZITADEL.
 *
 * @param redirectUris of the docs pages
 */
export async function startLoginServer (redirectUris: string[]): Promise<LoginProvider> {
  return await startLoginProvider({
    clients: [
      { client_id: DOCS_CLIENT_ID, token_endpoint_auth_method: 'none', redirect_uris: redirectUris, application_type: 'native' }, // a native client may redirect to any port
      { client_id: API_CREDENTIALS.clientId, client_secret: API_CREDENTIALS.clientSecret, redirect_uris: [], response_types: [], grant_types: [] }
    ],
    routes: { authorization: '/oauth/v2/authorize', token: '/oauth/v2/token', introspection: '/oauth/v2/introspect' },
    features: { introspection: { enabled: true, allowedPolicy: () => true }, devInteractions: { enabled: false } },
    scopes: ['openid', 'profile', 'email', `urn:zitadel:iam:org:project:id:${PROJECT_ID}:aud`],
    // The page's script sends the token request.
    clientBasedCORS: () => true,
    // Introspection returns them at the top level, as ZITADEL's does.
    extraTokenClaims: (_context, token) => ({
      'urn:zitadel:iam:org:project:roles': Object.fromEntries((ROLES.get('accountId' in token ? token.accountId : '') ?? []).map((role) => [role, ORGANIZATION]))
    })
  }, 'ada has the role reader, grace has reader and admin, others have none.')
}
