import { Pool, type Dispatcher } from 'undici'

/** Milliseconds for which an idle connection is kept at most: nobody tells when the other end has silently gone. */
const LONGEST_IDLE = 10_000

/** The connections to one server, which can all be left behind for new ones. */
export class Connections {
  readonly #open: () => Pool
  readonly #leaving = new Set<Promise<void>>()
  #pool: Pool

  /**
   * @param connections at most
   * @param timeout milliseconds to connect in
   */
  constructor (origin: string, connections: number, timeout: number) {
    this.#open = () => new Pool(origin, { connections, connectTimeout: timeout, keepAliveMaxTimeout: LONGEST_IDLE })
    this.#pool = this.#open()
  }

  readonly request = async (options: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData> => await this.#pool.request(options)

  /** What is asked from now on goes over new connections; what is under way may end. */
  readonly renew = (): void => {
    this.#leave()
    this.#pool = this.#open()
  }

  /** Resolves when what is under way has ended. */
  async close (): Promise<void> {
    this.#leave()
    await Promise.all(this.#leaving)
  }

  #leave (): void {
    const leaving = this.#pool.close()
    this.#leaving.add(leaving)
    leaving.finally(() => this.#leaving.delete(leaving)).catch(() => {})
  }
}
