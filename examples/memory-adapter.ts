import type { Adapter, AdapterPayload } from 'oidc-provider'

/** Where the login server keeps sessions, codes and tokens: in memory. */
export class MemoryAdapter implements Adapter {
  readonly #store = new Map<string, AdapterPayload>()

  async upsert (id: string, payload: AdapterPayload): Promise<void> {
    this.#store.set(id, payload)
  }

  async find (id: string): Promise<AdapterPayload | undefined> {
    return this.#store.get(id)
  }

  async findByUid (uid: string): Promise<AdapterPayload | undefined> {
    return [...this.#store.values()].find((payload) => payload.uid === uid)
  }

  async findByUserCode (userCode: string): Promise<AdapterPayload | undefined> {
    return [...this.#store.values()].find((payload) => payload.userCode === userCode)
  }

  async consume (id: string): Promise<void> {
    Object.assign(this.#store.get(id)!, { consumed: Math.floor(Date.now() / 1000) })
  }

  async destroy (id: string): Promise<void> {
    this.#store.delete(id)
  }

  async revokeByGrantId (grantId: string): Promise<void> {
    for (const [id, payload] of this.#store) if (payload.grantId === grantId) this.#store.delete(id)
  }
}
