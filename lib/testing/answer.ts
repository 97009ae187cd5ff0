import { goJson } from './go-json.ts'

/** What goes back over the wire, and why: the reason is what ZITADEL would write to its log. */
export interface Answer {
  status: number
  headers: Record<string, string>
  body: string
  reason?: string
  /** Not from ZITADEL but from something in front of it: its headers are missing. */
  foreign?: boolean
}

/** An error in RFC 6749's words (section 5.2). The message is for the log, the description for the client. */
export class OAuthError extends Error {
  readonly code: string
  readonly description: string | undefined

  constructor (code: string, description?: string, reason = description ?? code) {
    super(reason)
    this.code = code
    this.description = description
  }
}

export function json (value: unknown, status = 200): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: goJson(value) }
}

export function text (body: string, status: number): Answer {
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
    body: body + '\n'
  }
}

export function oauthError ({ code, description, message }: OAuthError, status = 400): Answer {
  const body = new Map([['error', code], ['error_description', description]])
  return { ...json(body, status), reason: message }
}
