import type { Readable } from 'node:stream'
import type { Deadline } from './deadline.ts'
import type { ResponseHeaders } from './response-headers.ts'

/** A request as undici and dispatchers of users take it, without its signal. */
export interface HttpRequest {
  readonly origin: string
  readonly path: string
  readonly method: 'GET' | 'POST'
  readonly headers: Record<string, string>
  readonly body: string | null
  readonly headersTimeout: number
  readonly bodyTimeout: number
}

/** A request of the command line, which also reads documents and calls other endpoints. */
export interface CommandRequest extends Omit<HttpRequest, 'method' | 'body'> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly body: string | null
}

/** Sends requests. */
export interface RequestSender {
  readonly request: (options: HttpRequest & { readonly signal: Deadline }) => Promise<StreamedResponse>
}

/** A response whose body has not been read yet. */
export interface StreamedResponse {
  readonly statusCode: number
  readonly headers: ResponseHeaders
  readonly body: Readable
}
