import { parseJson } from '../../untrusted-json.ts'
import { isB64Token } from '../../oauth/bearer.ts'
import type { CallResponse } from '../http.ts'
import { LoginError } from './login-error.ts'

/** What the token endpoint has answered. */
export type TokenResponse =
  | { readonly token: string, readonly idToken: string | undefined, readonly expiresIn: number | undefined }
  /** `error` is a word of RFC 6749, or `''`. */
  | { readonly error: string, readonly status: number }

/** @see {@link https://www.rfc-editor.org/rfc/rfc6749#section-5 RFC 6749 section 5} */
export function parseTokenResponse ({ status, text }: CallResponse): TokenResponse {
  const body = (parseJson(text) ?? {}) as Record<string, unknown>
  const { access_token: token, token_type: type, id_token: idToken, expires_in: expiresIn } = body
  if (status !== 200) return { status, error: toErrorWord(body['error']) }
  if (typeof token !== 'string' || !isB64Token(token) || String(type).toLowerCase() !== 'bearer') throw new LoginError('the token endpoint answered without a bearer token')
  return { token, idToken: typeof idToken === 'string' ? idToken : undefined, expiresIn: typeof expiresIn === 'number' ? expiresIn : undefined }
}

/** An error code; `''` for text that could change a terminal. Descriptions are not shown, because they can quote a request. */
export function toErrorWord (error: unknown): string {
  return typeof error === 'string' && /^[a-z_]{1,40}$/.test(error) ? error : ''
}

const ADVICE: Readonly<Record<string, string>> = {
  invalid_client: 'check --client-id: it must be a native application without a secret',
  unauthorized_client: 'allow this grant type in the application',
  unsupported_grant_type: 'allow this grant type in the application',
  invalid_scope: 'check --scope',
  invalid_request: 'check --client-id, and the redirect URI of the application',
  access_denied: 'the login was refused',
  expired_token: 'the code has expired: start again'
}

/** Creates the error for what an endpoint refuses. */
export function createRefusal (what: string, error: string, status: number): LoginError {
  const advice = Object.hasOwn(ADVICE, error) ? ADVICE[error] : undefined
  return new LoginError(`${what} was refused (${error || status})${advice === undefined ? '' : `: ${advice}`}`)
}
