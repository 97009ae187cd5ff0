import type { Readable } from 'node:stream'
import { Pool } from 'undici'
import type { Deadline } from './deadline.ts'
import { createProxyConnector, type ProxyServer } from './proxy-tunnel.ts'
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

/** Maximum idle time of a connection. A short one, because nothing reports a peer that has silently gone. */
const MAX_IDLE_MS = 10_000

/** The connections to one server. They can all be replaced by new ones. */
export class ConnectionPool implements RequestSender {
  readonly #open: () => Pool
  readonly #closing = new Set<Promise<void>>()
  #pool: Pool

  /**
   * @param connections maximum number
   * @param timeout milliseconds for connecting
   */
  constructor (origin: string, connections: number, timeout: number, proxy?: ProxyServer) {
    const connect = proxy === undefined ? { timeout } : createProxyConnector(proxy, timeout)
    this.#open = () => new Pool(origin, { connections, connect, keepAliveMaxTimeout: MAX_IDLE_MS })
    this.#pool = this.#open()
  }

  readonly request = async (options: (HttpRequest | CommandRequest) & { readonly signal: Deadline }): Promise<StreamedResponse> => await this.#pool.request(options)

  /** Opens new connections for further requests. Pending requests end on the old ones. */
  readonly replace = (): void => {
    this.#closeCurrent()
    this.#pool = this.#open()
  }

  /** Resolves when the pending requests have ended. */
  async close (): Promise<void> {
    this.#closeCurrent()
    await Promise.all(this.#closing)
  }

  #closeCurrent (): void {
    const closing = this.#pool.close()
    this.#closing.add(closing)
    closing.finally(() => this.#closing.delete(closing)).catch(() => {})
  }
}

/** Sends requests through a user's dispatcher. It gets an AbortSignal, because undici 8 accepts no other object with `aborted`. */
export function createDispatcherSender (dispatcher: { readonly request: (options: HttpRequest & { readonly signal: AbortSignal }) => Promise<StreamedResponse> }): RequestSender {
  return { request: async (options) => await dispatcher.request({ ...options, signal: options.signal.toAbortSignal() }) }
}
