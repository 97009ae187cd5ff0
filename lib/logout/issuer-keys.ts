import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import type { Clock } from '../clock.ts'

/** ZITADEL lets its keys be cached for so many milliseconds. */
const MAX_AGE_MS = 300_000
/** Milliseconds between two requests for the keys, for any number of logout tokens. */
const COOLDOWN_MS = 10_000

/** Thrown if the keys of the issuer are not known, and could not be fetched. */
export class KeysUnavailableError extends Error {}

/** The public keys of the issuer. They are fetched when a logout token needs them, and again for a key that is not among them. */
export class IssuerKeys {
  readonly #fetchKeys: () => Promise<unknown>
  readonly #onFailure: (error: Error) => void
  readonly #clock: Clock
  #find: JWTVerifyGetKey | undefined
  #fetchedAt = -Infinity
  #triedAt = -Infinity
  #pending: Promise<void> | undefined

  /** @param onFailure called once for each request without usable keys */
  constructor (fetchKeys: () => Promise<unknown>, onFailure: (error: Error) => void, clock: Clock) {
    this.#fetchKeys = fetchKeys
    this.#onFailure = onFailure
    this.#clock = clock
  }

  /**
   * Finds the key of a token by its header.
   *
   * @throws KeysUnavailableError, or errors of jose for a key that the issuer does not have
   */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    // If the keys cannot be fetched, the old ones stay in use.
    if (this.#clock.monotonic() - this.#fetchedAt >= MAX_AGE_MS) await this.#refresh()
    if (this.#find === undefined) throw new KeysUnavailableError()
    try {
      return await this.#find(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      await this.#refresh()
      return await this.#find(header, token)
    }
  }

  async #refresh (): Promise<void> {
    if (this.#pending === undefined && this.#clock.monotonic() - this.#triedAt < COOLDOWN_MS) return
    this.#pending ??= this.#load().finally(() => { this.#pending = undefined })
    await this.#pending
  }

  async #load (): Promise<void> {
    this.#triedAt = this.#clock.monotonic()
    try {
      this.#find = createLocalJWKSet(await this.#fetchKeys() as JSONWebKeySet)
      this.#fetchedAt = this.#triedAt
    } catch (error) {
      this.#onFailure(error as Error)
    }
  }
}
