import type { IncomingHttpHeaders } from 'node:http'
import type { Applications } from './applications.ts'
import type { Domains } from './instance.ts'
import type { Tokens } from './tokens.ts'

/**
 * A request that the stand-in has received, for assertions in a test.
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
  /** Of the answer; 0 while there is none. */
  status: number
  /** What ZITADEL would have written to its log about a refusal, an error or an inactive token. */
  reason?: string
}

/** One request on its way to an answer. */
export interface Exchange {
  readonly method: string
  readonly path: string
  /** The query string, without the question mark. */
  readonly query: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** What the endpoints work on. */
export interface Instance {
  readonly applications: Applications
  readonly tokens: Tokens
  readonly domains: Domains
  readonly clock: () => number
  readonly refuseTwoMethods: boolean
  /** Whether an assertion has no `jti` or one seen before. Remembers it. */
  readonly isReplay: (assertion: string) => boolean
}
