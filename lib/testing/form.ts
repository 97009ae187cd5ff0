import { unescape } from 'node:querystring'
import { OAuthError } from './answer.ts'
import type { Exchange } from './exchange.ts'

/** Parameters by lower-cased name. */
export type Form = ReadonlyMap<string, string>

const bodyMethods = new Set(['POST', 'PUT', 'PATCH'])
const maximumBody = 10 * 1024 * 1024 // bytes
const mediaType = /^\s*([\w!#$%&'*+.^`|~-]+(?:\/[\w!#$%&'*+.^`|~-]+)?)\s*(?:;\s*[\w!#$&'*+.^`|~-]+=(?:[\w!#$%&'*+.^`|~-]+|"(?:[^"\\]|\\.)*")\s*)*;?\s*$/

/**
 * The parameters of a request as Go's `ParseForm` and ZITADEL's decoder see them: body and query string together, the
 * query after the body, the last value of a name counts, and names are compared without case. A body that is not
 * `application/x-www-form-urlencoded`, or that comes with a method that has none, is not read.
 */
export function parseForm ({ method, headers, query, body }: Exchange): Form {
  const form = new Map<string, string>()
  if (bodyMethods.has(method) && isForm(headers['content-type'])) {
    if (body.length > maximumBody) throw unparsable()
    addPairs(form, body.toString())
  }
  addPairs(form, query)
  return form
}

function isForm (contentType: string | undefined): boolean {
  const [, type] = mediaType.exec(contentType || 'application/octet-stream') ?? []
  if (type === undefined) throw unparsable()
  return type.toLowerCase() === 'application/x-www-form-urlencoded'
}

function addPairs (form: Map<string, string>, pairs: string): void {
  for (const pair of pairs.split('&')) {
    if (pair.includes(';')) throw unparsable()
    const [name = '', ...value] = pair.split('=')
    form.set(formDecode(name).toLowerCase(), formDecode(value.join('=')))
  }
}

/** `application/x-www-form-urlencoded` decoding that refuses a `%` without two hexadecimal digits. */
export function formDecode (encoded: string): string {
  if (/%(?![0-9a-f]{2})/i.test(encoded)) throw unparsable()
  return unescape(encoded.replaceAll('+', ' '))
}

function unparsable (): OAuthError {
  return new OAuthError('invalid_request', 'error parsing form')
}
