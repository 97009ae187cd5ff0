import { createHash, randomBytes } from 'node:crypto'
import { parseJson } from '../../untrusted-json.ts'
import type { LoginRequest } from './login-request.ts'
import { openLoopback } from './loopback.ts'
import type { ServerMetadata } from './authorization-server-metadata.ts'
import { LoginError } from './login-error.ts'
import { createRefusal, parseTokenResponse, toErrorWord } from './token-response.ts'

const createRandom = (): string => randomBytes(32).toString('base64url')

/**
 * Logs a user in with a browser on this machine.
 *
 * @param port of the listener on 127.0.0.1; 0 for any
 * @returns the access token, and its lifetime in seconds
 * @throws LoginError
 * @throws CommandError if the port cannot be opened
 * @see {@link https://www.rfc-editor.org/rfc/rfc8252 RFC 8252}
 * @see {@link https://www.rfc-editor.org/rfc/rfc7636 RFC 7636}
 */
export async function logInByBrowser (
  metadata: ServerMetadata, { clientId, scope, send, prompt, wait, timeout }: LoginRequest, port: number
): Promise<{ token: string, expiresIn: number | undefined }> {
  const [verifier, state, nonce] = [createRandom(), createRandom(), createRandom()]
  const ended = new AbortController()
  const loopback = await openLoopback(port, (parameters) => parameters.get('state') === state)
  try {
    const { redirectUri } = loopback
    const page = new URL(metadata.authorizationEndpoint)
    page.search = new URLSearchParams({
      client_id: clientId,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope,
      state,
      nonce,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256'
    }).toString()
    prompt(`The redirect URI is ${redirectUri}\nOpen ${page.href}\n`)
    const parameters = await Promise.race([loopback.received, wait(timeout, ended.signal)])
    if (!(parameters instanceof URLSearchParams)) throw new LoginError('no login came in time')
    const code = readCode(parameters, metadata)
    const body = new URLSearchParams({ grant_type: 'authorization_code', client_id: clientId, redirect_uri: redirectUri, code, code_verifier: verifier })
    const result = parseTokenResponse(await send({ url: metadata.tokenEndpoint, method: 'POST', body }))
    if (!('token' in result)) throw createRefusal('the code', result.error, result.status)
    if (result.idToken !== undefined && readNonce(result.idToken) !== nonce) throw new LoginError('the ID token is not of this login')
    return result
  } finally {
    ended.abort()
    loopback.close()
  }
}

/** @see {@link https://www.rfc-editor.org/rfc/rfc9207#section-2.4 RFC 9207 section 2.4}: an `iss` must be the issuer, and must be there if the server sends it */
function readCode (parameters: URLSearchParams, { issuer, sendsIssuer }: ServerMetadata): string {
  const [code, iss] = [parameters.get('code'), parameters.get('iss')]
  if (iss === null ? sendsIssuer : iss !== issuer) throw new LoginError('the response is of another issuer')
  if (parameters.has('error')) throw createRefusal('the login', toErrorWord(parameters.get('error')), 400)
  if (code === null) throw new LoginError('the response has no code')
  return code
}

/** The signature is not checked: the token came from the token endpoint itself (OpenID Connect Core section 3.1.3.7). */
function readNonce (idToken: string): unknown {
  const claims = parseJson(Buffer.from(String(idToken.split('.')[1]), 'base64url').toString()) as { nonce?: unknown } | null | undefined
  return claims?.nonce
}
