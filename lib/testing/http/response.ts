import { encodeGoJson } from './go-json.ts'

/** A response of the stand-in. */
export interface StandInResponse {
  status: number
  headers: Record<string, string>
  body: string
  /** What ZITADEL would write to its log about a denied request, an error or an inactive token. */
  reason?: string
  /** True if a proxy in front of ZITADEL sends the response: the headers of ZITADEL are then missing. */
  isFromProxy?: boolean
  /** True if ZITADEL responds before the step that sets its cookie. */
  hasNoCookie?: boolean
}

/**
 * An error response of OAuth 2.0. `code` and `description` are for the client, `message` is for the log.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749#section-5.2 RFC 6749 section 5.2}
 */
export class OAuthError extends Error {
  readonly code: string
  readonly description: string | undefined

  constructor (code: string, description?: string, reason = description ?? code) {
    super(reason)
    this.code = code
    this.description = description
  }
}

export function createJsonResponse (value: unknown, status = 200): StandInResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: encodeGoJson(value) }
}

export function createTextResponse (body: string, status: number): StandInResponse {
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
    body: body + '\n'
  }
}

export function createErrorResponse ({ code, description, message }: OAuthError, status = 400): StandInResponse {
  const body = new Map([['error', code], ['error_description', description]])
  return { ...createJsonResponse(body, status), reason: message }
}
