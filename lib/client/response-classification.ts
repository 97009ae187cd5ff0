import { Outage } from '../errors.ts'
import { isIntrospectionResponse, type IntrospectionResponse } from '../oauth/introspection.ts'
import { adviceOnStatus } from './advice.ts'
import { pauseOf, skewOf } from './response-headers.ts'
import type { Answer } from './http-response.ts'

/** Whether the server refuses whoever asks, so that another proof may help. */
export function refusesClient (answer: Answer): boolean {
  return (answer.status === 400 || answer.status === 401) && CLIENT_ERRORS.has(errorOf(answer.text))
}

/**
 * Whether a second try is likely to end better. ZITADEL also says inactive when it fails inside, so what was active a
 * moment ago is asked about twice.
 *
 * @param known whether the token was active a moment ago
 */
export function isWorthAnother ({ status, text }: Answer, known: boolean): boolean {
  return (status >= 502 && status <= 504) ||
    (known && status === 200 && (parse(text) as { active?: unknown } | null | undefined)?.active === false)
}

/** A response, or whose fault it is that there is none. A pause, in milliseconds, is for faults that will last. */
export type Judgement =
  | { readonly response: IntrospectionResponse }
  | { readonly fault: 'theirs', readonly outage: Outage, readonly pause?: number }
  | { readonly fault: 'ours', readonly observed: string, readonly pause?: number }

export interface Circumstances {
  readonly issuer: string
  /** Whether this endpoint has given a response before: then a 404 is an outage, not a wrong host. */
  readonly hasAnswered: boolean
  /** Milliseconds since 1970. */
  readonly now: number
}

/** Milliseconds: ten times a minute until somebody has fixed it. */
const PAUSE = 6000

/**
 * @see {@link https://www.rfc-editor.org/rfc/rfc7662#section-2.3 RFC 7662 section 2.3}
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749#section-5.2 RFC 6749 section 5.2}
 */
export function judgeAnswer (answer: Answer, { issuer, hasAnswered, now }: Circumstances): Judgement {
  const { status, text, headers, requestId } = answer
  if (status === 200) return judgeResponse(parse(text), issuer, requestId)
  if (status === 400 || status === 401) {
    const error = errorOf(text)
    return CLIENT_ERRORS.has(error)
      ? { fault: 'ours', pause: PAUSE, observed: `ZITADEL refuses this API's credentials (${status} ${error})${requestId}: check that the key or secret exists and has not expired, that the application, its project and its organisation are active, and that "issuer" is exactly what ZITADEL calls itself, port included${skewOf(headers, now)}` }
      : { fault: 'ours', observed: `ZITADEL refuses the introspection request (${status})${requestId}: check the options "issuer", "address" and "introspectionEndpoint"` }
  }
  if (status === 404 && !hasAnswered) {
    return { fault: 'ours', pause: PAUSE, observed: `ZITADEL does not know this host or path (404)${requestId}: check the option "issuer"; when ZITADEL is reached by another name, give that as "address", and let the header x-zitadel-instance-host through on the way; when its paths are custom, "introspectionEndpoint"` }
  }
  const outage = new Outage(`ZITADEL answered ${status}${requestId}`, adviceOnStatus(status), status < 500)
  return status === 429 ? { fault: 'theirs', outage, pause: pauseOf(headers, now) } : { fault: 'theirs', outage }
}

function judgeResponse (body: unknown, issuer: string, requestId: string): Judgement {
  if (!isIntrospectionResponse(body)) return { fault: 'theirs', outage: new Outage(`ZITADEL answered 200 with something that is no introspection response${requestId}`, adviceOnStatus(200), true) }
  if (body.active && body['iss'] !== undefined && body['iss'] !== issuer) {
    return { fault: 'ours', pause: PAUSE, observed: `ZITADEL answered as another issuer${requestId}: check the option "issuer", its port included, and that the header x-zitadel-instance-host arrives from "address"` }
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
