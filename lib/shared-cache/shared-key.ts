import { createHmac, hkdfSync } from 'node:crypto'
import { AeadBox, FORMAT, type ApiIdentity } from './aead-box.ts'

/** The log line of a process whose shared key is derived from credentials that were replaced. */
export const OUTDATED_KEY = 'the credentials were replaced, but the key of the shared cache is derived from the first ones: processes that start now do not share with this one and do not receive its "forget" (give "cache.shared.key")'

/**
 * What is derived from one shared key. Without the key, names cannot be assigned to tokens or users, and responses can be
 * neither read nor written. To read a response, its token is needed as well.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc5869 RFC 5869}
 */
export class SharedKey {
  readonly #identity: ApiIdentity
  readonly #entries: Uint8Array
  readonly #names: Uint8Array
  /** Part of the names of the channels. */
  readonly channel: string
  /** Encrypts forget messages. */
  readonly messages: AeadBox
  /** Encrypts messages with the time of a process. */
  readonly clocks: AeadBox

  constructor (secret: string | Uint8Array, identity: ApiIdentity) {
    const salt = JSON.stringify([FORMAT, identity.issuer, identity.clientId])
    const derive = (purpose: string): Uint8Array => new Uint8Array(hkdfSync('sha256', secret, salt, purpose, 32))
    this.#identity = identity
    this.#entries = derive('entries')
    this.#names = derive('names')
    this.channel = this.name('channel', '')
    this.messages = new AeadBox(derive('messages'), identity, this.channel)
    this.clocks = new AeadBox(derive('clocks'), identity, this.channel)
  }

  /** Returns the name under which the response for a token is stored, and what encrypts it. */
  entry (token: string): { readonly name: string, readonly box: AeadBox } {
    const derived = Buffer.from(hkdfSync('sha256', token, this.#entries, 'entry', 24 + 32))
    const name = derived.toString('base64url', 0, 24)
    return { name, box: new AeadBox(derived.subarray(24), this.#identity, name) }
  }

  /** Returns a name from which the value cannot be derived without the key. */
  name (kind: string, value: string): string {
    return createHmac('sha256', this.#names).update(JSON.stringify([kind, value])).digest('base64url').slice(0, 32)
  }
}
