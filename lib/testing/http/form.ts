import { unescape } from 'node:querystring'
import { OAuthError } from './response.ts'
import type { StandInRequest } from './request.ts'

/** Parameters by lower-cased name. */
export type Form = ReadonlyMap<string, string>

const BODY_METHODS = new Set(['POST', 'PUT', 'PATCH'])
const MAX_BODY_BYTES = 10 * 1024 * 1024
const MEDIA_TYPE = /^\s*([\w!#$%&'*+.^`|~-]+(?:\/[\w!#$%&'*+.^`|~-]+)?)\s*(?:;\s*[\w!#$&'*+.^`|~-]+=(?:[\w!#$%&'*+.^`|~-]+|"(?:[^"\\]|\\.)*")\s*)*;?\s*$/

/**
 * Parses the parameters of a request like `ParseForm` of Go and the decoder of ZITADEL: the pairs of the body, then those
 * of the query string. The last value of a name counts, names are case-insensitive. The body is read only if the method is
 * POST, PUT or PATCH and the content type is `application/x-www-form-urlencoded`.
 *
 * @throws OAuthError `invalid_request`
 */
export function parseForm ({ method, headers, query, body }: StandInRequest): Form {
  const form = new Map<string, string>()
  if (BODY_METHODS.has(method) && isForm(headers['content-type'])) {
    if (body.length > MAX_BODY_BYTES) throw createFormError()
    addPairs(form, body.toString())
  }
  addPairs(form, query)
  return form
}

function isForm (contentType: string | undefined): boolean {
  const [, type] = MEDIA_TYPE.exec(contentType || 'application/octet-stream') ?? []
  if (type === undefined) throw createFormError()
  return type.toLowerCase() === 'application/x-www-form-urlencoded'
}

function addPairs (form: Map<string, string>, pairs: string): void {
  for (const pair of pairs.split('&')) {
    if (pair.includes(';')) throw createFormError()
    const [name = '', ...value] = pair.split('=')
    form.set(decodeFormValue(name).toLowerCase(), decodeFormValue(value.join('=')))
  }
}

/**
 * Decodes a value of `application/x-www-form-urlencoded`.
 *
 * @throws OAuthError `invalid_request` for a `%` without two hexadecimal digits
 */
export function decodeFormValue (encoded: string): string {
  if (/%(?![0-9a-f]{2})/i.test(encoded)) throw createFormError()
  return unescape(encoded.replaceAll('+', ' '))
}

function createFormError (): OAuthError {
  return new OAuthError('invalid_request', 'error parsing form')
}
