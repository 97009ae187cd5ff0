import { parseJson } from '../../untrusted-json.ts'
import type { ServerMetadata } from './authorization-server-metadata.ts'
import { LoginError } from './login-error.ts'
import { createRefusal, parseTokenResponse, toErrorWord } from './token-response.ts'
import type { LoginRequest } from './login-request.ts'

/** Seconds between two requests, if the server names none (RFC 8628 section 3.2). At each `slow_down`, as many are added (section 3.5). */
const INTERVAL_SECONDS = 5
const MAX_INTERVAL_SECONDS = 60

/**
 * Logs a user in who opens a page in any browser.
 *
 * @returns the access token, and its lifetime in seconds
 * @throws LoginError
 * @see {@link https://www.rfc-editor.org/rfc/rfc8628 RFC 8628}
 */
export async function logInByDevice (
  { deviceAuthorizationEndpoint: url, tokenEndpoint }: ServerMetadata, { clientId, scope, send, prompt, wait, now, timeout }: LoginRequest
): Promise<{ token: string, expiresIn: number | undefined }> {
  if (url === undefined) throw new LoginError('the issuer has no device authorization: leave out --device')
  const response = await send({ url, method: 'POST', body: new URLSearchParams({ client_id: clientId, scope }) })
  const body = (parseJson(response.text) ?? {}) as Record<string, unknown>
  if (response.status !== 200) throw createRefusal('the device authorization', toErrorWord(body['error']), response.status)
  const { device_code: code, user_code: userCode, verification_uri: page, verification_uri_complete: completePage, expires_in: lifetime, interval } = body
  if (typeof code !== 'string' || !isPrintable(userCode) || !isPage(page)) throw new LoginError('the device authorization was answered without a code')
  prompt(`Open ${isPage(completePage) ? completePage : page} and enter the code ${userCode}\n`)
  const end = now() + Math.min(timeout, (typeof lifetime === 'number' ? lifetime : Infinity) * 1000)
  let seconds = typeof interval === 'number' && interval > 0 ? interval : INTERVAL_SECONDS
  while (now() < end) {
    await wait(Math.min(seconds, MAX_INTERVAL_SECONDS) * 1000)
    const form = new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: code, client_id: clientId })
    const result = parseTokenResponse(await send({ url: tokenEndpoint, method: 'POST', body: form }))
    if ('token' in result) return result
    if (result.error === 'slow_down') seconds += INTERVAL_SECONDS
    else if (result.error !== 'authorization_pending') throw createRefusal('the login', result.error, result.status)
  }
  throw new LoginError('no login came in time')
}

function isPrintable (text: unknown): text is string {
  return typeof text === 'string' && /^[\x21-\x7E]{1,100}$/.test(text)
}

function isPage (url: unknown): url is string {
  return typeof url === 'string' && /^https?:\/\/[\x21-\x7E]{1,2000}$/.test(url) && URL.canParse(url)
}
