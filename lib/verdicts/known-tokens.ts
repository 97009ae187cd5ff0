import { LRUCache } from 'lru-cache'

/** Characters: a subject of ZITADEL has about 20, and a `jti` about 45. */
const MAX_NAME_LENGTH = 200

/** What is kept of a token that was active when ZITADEL was asked last. */
export interface KnownToken {
  /** Monotonic milliseconds: no response that was asked for before is accepted. */
  readonly notBefore: number
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  /** Undefined if ZITADEL sent none, or one that is longer than any of ZITADEL's. */
  readonly sub: string | undefined
  /** The same. */
  readonly jti: string | undefined
}

/**
 * Which tokens were active, by their hash. An introspection of a known token has a share in the limits of its own, and is
 * repeated if the token is inactive. A token stays known if its verdict is not kept, was doubted or was
 * released, which costs some hundred bytes.
 */
export class KnownTokens {
  readonly #tokens: LRUCache<string, KnownToken>
  /** Monotonic milliseconds. */
  #allNotBefore = -Infinity

  constructor (max: number) {
    // With `max`, lru-cache allocates for all of them at once.
    this.#tokens = new LRUCache({ maxSize: max, sizeCalculation: () => 1 })
  }

  get (key: string): KnownToken | undefined {
    const token = this.#tokens.get(key)
    return token === undefined || token.notBefore >= this.#allNotBefore ? token : { ...token, notBefore: this.#allNotBefore }
  }

  set (key: string, { notBefore, expiresAt, sub, jti }: KnownToken): void {
    this.#tokens.set(key, { notBefore, expiresAt, sub: dropLong(sub), jti: dropLong(jti) })
  }

  /** @param at monotonic milliseconds */
  postpone (key: string, at: number): void {
    const token = this.#tokens.get(key)
    if (token !== undefined) this.#tokens.set(key, { ...token, notBefore: Math.max(token.notBefore, at) })
  }

  /** @param at monotonic milliseconds */
  postponeAll (at: number): void {
    this.#allNotBefore = at
  }

  delete (key: string): void {
    this.#tokens.delete(key)
  }
}

function dropLong (name: string | undefined): string | undefined {
  return name !== undefined && name.length <= MAX_NAME_LENGTH ? name : undefined
}
