import { Pool, type Dispatcher } from 'undici'

/** Milliseconds for which an idle connection is kept at most: nobody tells when the other end has silently gone. */
const MAX_IDLE_MS = 10_000

/** The connections to one server, which can all be left behind for new ones. */
export class ConnectionPool {
  readonly #open: () => Pool
  readonly #closing = new Set<Promise<void>>()
  #pool: Pool

  /**
   * @param connections at most
   * @param timeout milliseconds to connect in
   */
  constructor (origin: string, connections: number, timeout: number) {
    this.#open = () => new Pool(origin, { connections, connectTimeout: timeout, keepAliveMaxTimeout: MAX_IDLE_MS })
    this.#pool = this.#open()
  }

  readonly request = async (options: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData> => await this.#pool.request(options)

  /** What is asked from now on goes over new connections; what is under way may end. */
  readonly replace = (): void => {
    this.#closeCurrent()
    this.#pool = this.#open()
  }

  /** Resolves when what is under way has ended. */
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
