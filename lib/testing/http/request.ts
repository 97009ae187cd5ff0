import type { IncomingHttpHeaders } from 'node:http'

/**
 * A received request, for assertions in a test.
 *
 * @example
 * standIn.requests.filter(({ path }) => path === '/oauth/v2/introspect').length
 */
export interface RecordedRequest {
  readonly method: string
  /** Without the query string. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  /** The form in the body. */
  readonly body: URLSearchParams
  /** Status of the response. 0 until it is sent. */
  status: number
  /** What ZITADEL would write to its log about a denied request, an error or an inactive token. */
  reason?: string
}

/** A request as the endpoints read it. */
export interface StandInRequest {
  readonly method: string
  readonly path: string
  /** The query string, without the question mark. */
  readonly query: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}
