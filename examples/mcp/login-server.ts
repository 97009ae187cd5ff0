import { createHash } from 'node:crypto'
import type Provider from 'oidc-provider'
import { startLoginProvider, type LoginProvider } from '../login-provider.ts'

export const PROJECT_ID = '311'
const AUDIENCE = `urn:zitadel:iam:org:project:id:${PROJECT_ID}:aud`
/** The API as a client that introspects tokens. */
export const API_CREDENTIALS = { clientId: 'notes-api', clientSecret: 'not-a-secret-in-an-example' }
/** A client that an administrator has registered. */
export const KNOWN_CLIENT_ID = 'notes-client'
/** Where clients on the same machine receive the code. Nothing listens there. */
export const REDIRECT_URI = 'http://127.0.0.1:9/callback'

/** The roles of each account. Any other name can log in too, and has none. */
const ROLES = new Map([['ada', ['writer']], ['grace', ['writer', 'admin']]])
/** What ZITADEL advertises: the audience scope is not among it. */
const ADVERTISED_SCOPES = ['openid', 'profile', 'email', 'phone', 'address', 'offline_access']

/** The ways to register a client that the server offers, beside the registered one. */
export interface LoginServerOptions {
  /** Dynamic client registration (RFC 7591). In ZITADEL it is off by default. */
  readonly registration?: boolean
  /** Fetches client id metadata documents. ZITADEL does not support them. */
  readonly fetchClientMetadata?: (url: string) => Promise<Response>
}

/** Starts an authorization server with ZITADEL's paths, so that the example needs no account at ZITADEL. */
export async function startLoginServer ({ registration = false, fetchClientMetadata }: LoginServerOptions = {}): Promise<LoginProvider> {
  return await startLoginProvider({
    clients: [
      { client_id: KNOWN_CLIENT_ID, token_endpoint_auth_method: 'none', application_type: 'native', redirect_uris: [REDIRECT_URI], grant_types: ['authorization_code', 'refresh_token'] },
      { client_id: API_CREDENTIALS.clientId, client_secret: API_CREDENTIALS.clientSecret, redirect_uris: [], response_types: [], grant_types: [] }
    ],
    routes: { authorization: '/oauth/v2/authorize', token: '/oauth/v2/token', introspection: '/oauth/v2/introspect', revocation: '/oauth/v2/revoke', registration: '/oauth/v2/register', jwks: '/oauth/v2/keys' },
    features: {
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true, allowedPolicy: (_context, client, token) => client.clientId === token.clientId },
      registration: { enabled: registration },
      clientIdMetadataDocument: { enabled: fetchClientMetadata !== undefined, ack: 'draft-02' },
      // ZITADEL has no resource indicators (RFC 8707).
      resourceIndicators: { enabled: false },
      devInteractions: { enabled: false }
    },
    ...(fetchClientMetadata !== undefined && { fetch: async (url) => await fetchClientMetadata(String(url)) }),
    scopes: [...ADVERTISED_SCOPES, AUDIENCE]
  }, 'ada has the role writer, grace has writer and admin, others have none.', answerLikeZitadel)
}

/** Changes responses where ZITADEL's differ: the audience by scope, roles, the id of tokens, and what discovery advertises. */
function answerLikeZitadel (provider: Provider): void {
  provider.use(async (context, next) => {
    if (context.path === '/.well-known/oauth-authorization-server') return
    await next()
    if (context.path === '/.well-known/openid-configuration') context.body = { ...context.body as object, scopes_supported: ADVERTISED_SCOPES }
    const body = context.body as Record<string, unknown> | undefined
    if (context.path !== '/oauth/v2/introspect' || body?.['active'] !== true) return
    const isForProject = String(body['scope']).split(' ').includes(AUDIENCE)
    const roles = ROLES.get(String(body['sub'])) ?? []
    context.body = !isForProject
      ? { active: false }
      : {
          ...body,
          aud: [body['client_id'], PROJECT_ID],
          jti: `V2_${createHash('sha256').update(String(context.oidc.params!['token'])).digest('hex').slice(0, 16)}`,
          [`urn:zitadel:iam:org:project:${PROJECT_ID}:roles`]: Object.fromEntries(roles.map((role) => [role, { 1: 'acme.example' }]))
        }
  })
}
