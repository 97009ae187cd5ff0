import { Client, StreamableHTTPClientTransport, UnauthorizedError, type OAuthClientProvider, type OAuthDiscoveryState, type StoredOAuthClientInformation, type StoredOAuthTokens } from '@modelcontextprotocol/client'
import { REDIRECT_URI } from './login-server.ts'

/** How a program becomes a client of the authorization server. */
export type ClientRegistration = { readonly clientId: string, readonly issuer: string } | { readonly metadataUrl: string } | 'dynamic'

export interface ClientOptions {
  /** The account that logs in. */
  readonly account: string
  readonly registration: ClientRegistration
  /** The protocol: `legacy` is that before 2026. */
  readonly protocol?: 'legacy' | 'auto'
}

/** Keeps what the SDK's client stores, and logs in at the login page without a browser. */
export class NotesLogin implements OAuthClientProvider {
  readonly redirectUrl = REDIRECT_URI
  readonly clientMetadata = { client_name: 'Notes', redirect_uris: [REDIRECT_URI], grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], token_endpoint_auth_method: 'none' }
  readonly clientMetadataUrl?: string
  /** The authorization requests that were sent, oldest first. */
  readonly authorizations: URL[] = []
  readonly #account: string
  #client: StoredOAuthClientInformation | undefined
  #tokens: StoredOAuthTokens | undefined
  #verifier = ''
  #discovery: OAuthDiscoveryState | undefined
  #answer = new URLSearchParams()

  constructor ({ account, registration }: ClientOptions) {
    this.#account = account
    if (registration === 'dynamic') return
    if ('metadataUrl' in registration) this.clientMetadataUrl = registration.metadataUrl
    else this.#client = { client_id: registration.clientId, issuer: registration.issuer }
  }

  /** The parameters of the last redirect back to the client. */
  get answer (): URLSearchParams { return this.#answer }
  clientInformation (): StoredOAuthClientInformation | undefined { return this.#client }
  saveClientInformation (client: StoredOAuthClientInformation): void { this.#client = client }
  tokens (): StoredOAuthTokens | undefined { return this.#tokens }
  saveTokens (tokens: StoredOAuthTokens): void { this.#tokens = tokens }
  saveCodeVerifier (verifier: string): void { this.#verifier = verifier }
  codeVerifier (): string { return this.#verifier }
  saveDiscoveryState (state: OAuthDiscoveryState): void { this.#discovery = state }
  discoveryState (): OAuthDiscoveryState | undefined { return this.#discovery }

  invalidateCredentials (kind: 'all' | 'client' | 'tokens' | 'verifier' | 'discovery'): void {
    if (kind === 'all' || kind === 'tokens') this.#tokens = undefined
    if (kind === 'all' || kind === 'discovery') this.#discovery = undefined
  }

  async redirectToAuthorization (url: URL): Promise<void> {
    this.authorizations.push(url)
    this.#answer = (await logIn(url, this.#account)).searchParams
  }
}

/** Ends the session of a client, as a logout does: what it was issued is revoked (RFC 7009). */
export async function revoke (issuer: string, login: NotesLogin): Promise<void> {
  const { access_token: access, refresh_token: refresh = access } = login.tokens()!
  for (const token of [refresh, access]) await fetch(`${issuer}/oauth/v2/revoke`, { method: 'POST', body: new URLSearchParams({ client_id: login.clientInformation()!.client_id, token }) })
}

/** Connects the SDK's client to an MCP server, with a login if the server demands one. */
export async function connect (url: string, login: NotesLogin, protocol: ClientOptions['protocol'] = 'auto'): Promise<Client> {
  const createTransport = (): StreamableHTTPClientTransport => new StreamableHTTPClientTransport(new URL(url), { authProvider: login })
  const client = new Client({ name: 'notes', version: '1.0.0' }, { versionNegotiation: { mode: protocol } })
  const transport = createTransport()
  try {
    await client.connect(transport)
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error
    await transport.finishAuth(login.answer)
    await client.connect(createTransport())
  }
  return client
}

/** Follows an authorization request with its cookies, and fills in the login page, up to the redirect back to the client. */
export async function logIn (authorization: URL, account: string): Promise<URL> {
  const cookies = new Map<string, string>()
  let url = authorization
  for (let hops = 0; !url.href.startsWith(REDIRECT_URI); hops++) {
    if (hops === 10) throw new Error('the login does not end')
    const isPage = url.pathname.startsWith('/login/')
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map((pair) => pair.join('=')).join('; ') },
      ...(isPage && { method: 'POST', body: new URLSearchParams({ name: account }) })
    })
    const location = response.headers.get('location')
    if (location === null) throw new Error(`the login ends with status ${response.status}: ${await response.text()}`)
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
      cookies.set(name!, value!)
    }
    url = new URL(location, url)
  }
  return url
}
