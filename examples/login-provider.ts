import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import Provider, { type Configuration } from 'oidc-provider'
import { MemoryAdapter } from './memory-adapter.ts'

/** A running authorization server. */
export interface LoginProvider {
  readonly issuer: string
  /** Method and path of each request, oldest first. */
  readonly requests: string[]
  readonly close: () => Promise<void>
}

/**
 * Starts an authorization server with a login page that needs a name and no password.
 *
 * @param configuration clients, routes, features and scopes
 * @param accounts a sentence of the login page
 * @param prepare is called before the first request
 */
export async function startLoginProvider (configuration: Configuration, accounts: string, prepare: (provider: Provider) => void = () => {}): Promise<LoginProvider> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = new Provider(issuer, { ...createDefaults(), ...configuration })
  prepare(provider)
  const answer = provider.callback()
  const requests: string[] = []
  server.on('request', (request, response) => {
    requests.push(`${request.method} ${request.url!.split('?', 1)[0]}`)
    const handled = request.url!.startsWith('/login/') ? serveLogin(provider, accounts, request, response) : answer(request, response)
    Promise.resolve(handled).catch(() => response.destroy())
  })
  return {
    issuer,
    requests,
    close: async () => {
      const closed = once(server.close(), 'close')
      server.closeAllConnections()
      await closed
    }
  }
}

function createDefaults (): Configuration {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const hour = 3600
  return {
    adapter: () => new MemoryAdapter(),
    pkce: { required: () => true },
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' } as never] },
    cookies: { keys: [randomUUID()] },
    ttl: { AccessToken: hour, AuthorizationCode: 60, RefreshToken: hour, IdToken: hour, Interaction: hour, Session: hour, Grant: hour },
    interactions: { url: (_context, { uid }) => `/login/${uid}` },
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    // There is no page for consent.
    loadExistingGrant: async ({ oidc: { provider, client, session, params } }) => {
      const grant = new provider.Grant({ clientId: client!.clientId, accountId: session!.accountId! })
      grant.addOIDCScope(String(params!['scope']))
      await grant.save()
      return grant
    }
  }
}

async function serveLogin (provider: Provider, accounts: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'POST') {
    const accountId = new URLSearchParams(await text(request)).get('name') || 'guest'
    return await provider.interactionFinished(request, response, { login: { accountId }, consent: {} })
  }
  response.setHeader('content-type', 'text/html; charset=utf-8').end(`<!doctype html>
<title>Log in</title>
<form method="post">
  <p>${accounts} No password is needed.</p>
  <label>Name <input name="name" value="ada" autofocus></label>
  <button>Log in</button>
</form>`)
}
