import { isUtf8 } from 'node:buffer'
import type { Dispatcher } from 'undici'
import { isIntrospectionResponse, type IntrospectionResponse } from '../oauth/introspection.ts'

/** What came back over the wire, whole. */
export interface Answer {
  readonly status: number
  /** Empty where the body is no UTF-8. */
  readonly text: string
  /** The server's clock, as its `Date` field says; undefined without one. */
  readonly date: string | undefined
}

/** Bytes of the largest answer that is read: far above any user with metadata, far below what hurts. */
const MAX_ANSWER = 1024 * 1024

/** Reads an answer to its end, or to the bound. */
export async function readAnswer ({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<Answer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_ANSWER) throw Object.assign(new Error('the answer is too large'), { code: 'ANSWER_TOO_LARGE' })
    chunks.push(chunk)
  }
  const bytes = Buffer.concat(chunks)
  const date = headers['date']
  // Decoding would put the same character in place of whatever is no text, and make two names one.
  return { status: statusCode, text: isUtf8(bytes) ? bytes.toString() : '', date: typeof date === 'string' ? date : undefined }
}

/** Whether the server refuses whoever asks, so that another proof may help. */
export function refusesClient (answer: Answer): boolean {
  return (answer.status === 400 || answer.status === 401) && CLIENT_ERRORS.has(errorOf(answer.text))
}

/** A response, or whose fault it is that there is none. Only a fault that will last is worth a pause. */
export type Judgement =
  | { readonly response: IntrospectionResponse }
  | { readonly fault: 'theirs', readonly observed: string }
  | { readonly fault: 'ours', readonly observed: string, readonly pause: boolean }

export interface Circumstances {
  readonly issuer: string
  /** Whether this endpoint has given a response before: then a 404 is an outage, not a wrong host. */
  readonly hasAnswered: boolean
  /** Milliseconds since 1970. */
  readonly now: number
}

/**
 * @see {@link https://www.rfc-editor.org/rfc/rfc7662#section-2.3 RFC 7662 section 2.3}
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749#section-5.2 RFC 6749 section 5.2}
 */
export function judgeAnswer (answer: Answer, { issuer, hasAnswered, now }: Circumstances): Judgement {
  const { status, text } = answer
  if (status === 200) return judgeResponse(parse(text), issuer)
  if (status === 400 || status === 401) {
    const error = errorOf(text)
    return CLIENT_ERRORS.has(error)
      ? { fault: 'ours', pause: true, observed: `ZITADEL refuses this API's credentials (${status} ${error}): ${WHAT_TO_CHECK}${skewOf(answer, now)}` }
      : { fault: 'ours', pause: false, observed: `ZITADEL refuses the introspection request (${status}): check the options "issuer", "address" and "introspectionEndpoint"` }
  }
  if (status === 404 && !hasAnswered) {
    return { fault: 'ours', pause: true, observed: 'ZITADEL does not know this host or path (404): check the option "issuer"; when it is reached by another name, give that as "address"; when its paths are custom, "introspectionEndpoint"' }
  }
  return { fault: 'theirs', observed: `ZITADEL answered ${status}` }
}

const WHAT_TO_CHECK = 'check that the key or secret exists and has not expired, that the application, its project and its organisation are active, and that "issuer" is exactly what ZITADEL calls itself'

function judgeResponse (body: unknown, issuer: string): Judgement {
  if (!isIntrospectionResponse(body)) return { fault: 'theirs', observed: 'ZITADEL answered 200 with something that is no introspection response' }
  if (body.active && body['iss'] !== undefined && body['iss'] !== issuer) {
    return { fault: 'ours', pause: true, observed: 'ZITADEL answered as another issuer: check the option "issuer", its port included, and the host headers on the way from "address"' }
  }
  return { response: body }
}

const CLIENT_ERRORS = new Set<unknown>(['invalid_client', 'unauthorized_client'])

function errorOf (text: string): unknown {
  return (parse(text) as { error?: unknown } | null | undefined)?.error
}

function parse (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** ZITADEL tolerates one second. */
function skewOf ({ date }: Answer, now: number): string {
  const seconds = Math.round((now - Date.parse(date ?? '')) / 1000)
  return Number.isNaN(seconds) || Math.abs(seconds) < 2 ? '' : `; this machine's clock is ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} ZITADEL's`
}
