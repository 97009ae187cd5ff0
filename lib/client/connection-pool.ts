import { Pool } from 'undici'
import type { Deadline } from './deadline.ts'
import { createProxyConnector, type ProxyServer } from './proxy-tunnel.ts'
import type { RequestSender, HttpRequest, CommandRequest, StreamedResponse } from './http-request.ts'

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
