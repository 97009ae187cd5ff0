import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import Provider, { type Configuration } from 'oidc-provider'
import { MemoryAdapter } from './memory-adapter.ts'

/** The docs page as a client: a browser cannot keep a secret, so it has none. */
export const DOCS_CLIENT_ID = 'docs'
/** The API as a client that introspects tokens. */
export const API_CREDENTIALS = { clientId: 'orders', clientSecret: 'not-a-secret-in-an-example' }
export const PROJECT_ID = '311'

/** The roles of each account. Any other name can log in too, and has none. */
const ROLES = new Map([['ada', ['reader']], ['grace', ['reader', 'admin']]])
const ORGANIZATION = { 1: 'acme.example' }

/** An authorization server with ZITADEL's paths, and a login page that needs a name and no password. */
export interface LoginServer {
  readonly issuer: string
  readonly close: () => Promise<void>
}

/**
 * Starts the login server, so that the example needs no account at ZITADEL.
 *
 * @param redirectUris of the docs pages
 */
export async function startLoginServer (redirectUris: string[]): Promise<LoginServer> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = new Provider(issuer, createConfiguration(redirectUris))
  const answer = provider.callback()
  server.on('request', (request, response) => {
    const handled = request.url!.startsWith('/login/') ? serveLogin(provider, request, response) : answer(request, response)
    Promise.resolve(handled).catch(() => response.destroy())
  })
  return {
    issuer,
    close: async () => {
      const closed = once(server.close(), 'close')
      server.closeAllConnections()
      await closed
    }
  }
}

function createConfiguration (redirectUris: string[]): Configuration {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const hour = 3600
  return {
    adapter: () => new MemoryAdapter(),
    clients: [
      { client_id: DOCS_CLIENT_ID, token_endpoint_auth_method: 'none', redirect_uris: redirectUris, application_type: 'native' }, // a native client may redirect to any port
      { client_id: API_CREDENTIALS.clientId, client_secret: API_CREDENTIALS.clientSecret, redirect_uris: [], response_types: [], grant_types: [] }
    ],
    routes: { authorization: '/oauth/v2/authorize', token: '/oauth/v2/token', introspection: '/oauth/v2/introspect' },
    features: { introspection: { enabled: true, allowedPolicy: () => true }, devInteractions: { enabled: false } },
    scopes: ['openid', 'profile', 'email', `urn:zitadel:iam:org:project:id:${PROJECT_ID}:aud`],
    pkce: { required: () => true },
    // The page's script sends the token request.
    clientBasedCORS: () => true,
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' } as never] },
    cookies: { keys: [randomUUID()] },
    ttl: { AccessToken: hour, AuthorizationCode: 60, IdToken: hour, Interaction: hour, Session: hour, Grant: hour },
    interactions: { url: (_context, { uid }) => `/login/${uid}` },
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    // Introspection returns them at the top level, as ZITADEL's does.
    extraTokenClaims: (_context, token) => ({
      'urn:zitadel:iam:org:project:roles': Object.fromEntries((ROLES.get('accountId' in token ? token.accountId : '') ?? []).map((role) => [role, ORGANIZATION]))
    }),
    // There is no page for consent.
    loadExistingGrant: async ({ oidc: { provider, client, session, params } }) => {
      const grant = new provider.Grant({ clientId: client!.clientId, accountId: session!.accountId! })
      grant.addOIDCScope(String(params!['scope']))
      await grant.save()
      return grant
    }
  }
}

async function serveLogin (provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'POST') {
    const accountId = new URLSearchParams(await text(request)).get('name') || 'guest'
    return await provider.interactionFinished(request, response, { login: { accountId }, consent: {} })
  }
  response.setHeader('content-type', 'text/html; charset=utf-8').end(`<!doctype html>
<title>Log in</title>
<form method="post">
  <p>ada has the role reader, grace has reader and admin, others have none. No password is needed.</p>
  <label>Name <input name="name" value="ada" autofocus></label>
  <button>Log in</button>
</form>`)
}
