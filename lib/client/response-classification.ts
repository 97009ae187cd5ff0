import { OutageError, RejectionError } from '../failures.ts'
import { isIntrospectionResponse, type IntrospectionResponse } from '../oauth/introspection.ts'
import { getStatusAdvice } from './outage.ts'
import { parseRetryAfter, describeClockSkew } from './response-headers.ts'
import type { HttpResponse } from './http-response.ts'

/** Whether the server rejects the client, so that another assertion may help. */
export function isClientRejection (httpResponse: HttpResponse): boolean {
  return (httpResponse.status === 400 || httpResponse.status === 401) && CLIENT_ERRORS.has(getOAuthError(httpResponse.body))
}

/**
 * Whether a retry is likely to succeed. ZITADEL also responds inactive after an internal error, so a known token is introspected
 * once more.
 *
 * @param isKnown whether the token is known
 */
export function shouldRetry ({ status, body }: HttpResponse, isKnown: boolean): boolean {
  return (status >= 502 && status <= 504) ||
    (isKnown && status === 200 && (body as { active?: unknown } | null | undefined)?.active === false)
}

/** An introspection response, or why there is none. `backoff`: milliseconds without requests, for a cause that will last. */
export type Classification =
  | { readonly response: IntrospectionResponse }
  | { readonly kind: 'outage', readonly outage: OutageError, readonly backoff?: number }
  | { readonly kind: 'rejected', readonly rejection: RejectionError, readonly backoff?: number }

export interface ClassificationContext {
  readonly issuer: string
  /** Whether this endpoint has sent an introspection response before. A 404 is then an outage, and no wrong host. */
  readonly hasResponded: boolean
  /** Milliseconds since 1970. */
  readonly now: number
}

/** Ten requests per minute until the configuration is corrected. */
const REJECTED_BACKOFF_MS = 6000

/**
 * @see {@link https://www.rfc-editor.org/rfc/rfc7662#section-2.3 RFC 7662 section 2.3}
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749#section-5.2 RFC 6749 section 5.2}
 */
export function classifyResponse (httpResponse: HttpResponse, { issuer, hasResponded, now }: ClassificationContext): Classification {
  const { status, body, headers, requestId, parent } = httpResponse
  if (status === 200) return classifyBody(body, issuer, requestId)
  if (status === 400 || status === 401) {
    const error = getOAuthError(body)
    return CLIENT_ERRORS.has(error)
      ? { kind: 'rejected', backoff: REJECTED_BACKOFF_MS, rejection: new RejectionError(`ZITADEL rejects this API's credentials (${status} ${error})${requestId}${parent}: check that the key or secret exists and has not expired, that the application, its project and its organization are active, and that "issuer" is exactly what ZITADEL calls itself, port included${describeClockSkew(headers, now)}`, 'credentials') }
      : { kind: 'rejected', rejection: new RejectionError(`ZITADEL rejects the introspection request (${status})${requestId}${parent}: check the options "issuer", "address" and "introspectionEndpoint"`, 'request') }
  }
  if (status === 404 && !hasResponded) {
    return { kind: 'rejected', backoff: REJECTED_BACKOFF_MS, rejection: new RejectionError(`ZITADEL does not serve this host or path (404)${requestId}: check the option "issuer"; when ZITADEL is reached by another name, give that as "address", and let the header x-zitadel-instance-host through on the way; when its paths are custom, "introspectionEndpoint"`, 'path') }
  }
  const outage = new OutageError(`ZITADEL answered ${status}${requestId}`, getStatusAdvice(status), status < 500)
  return status === 429 ? { kind: 'outage', outage, backoff: parseRetryAfter(headers, now) } : { kind: 'outage', outage }
}

function classifyBody (body: unknown, issuer: string, requestId: string): Classification {
  if (!isIntrospectionResponse(body)) return { kind: 'outage', outage: new OutageError(`ZITADEL answered 200 without an introspection response${requestId}`, getStatusAdvice(200), true) }
  if (body.active && body['iss'] !== undefined && body['iss'] !== issuer) {
    return { kind: 'rejected', backoff: REJECTED_BACKOFF_MS, rejection: new RejectionError(`ZITADEL answered as another issuer${requestId}: check the option "issuer", its port included, and that the header x-zitadel-instance-host arrives from "address"`, 'issuer') }
  }
  return { response: body }
}

const CLIENT_ERRORS = new Set<unknown>(['invalid_client', 'unauthorized_client'])

function getOAuthError (body: unknown): unknown {
  return (body as { error?: unknown } | null | undefined)?.error
}
