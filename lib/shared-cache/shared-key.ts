import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'

/** Part of every derivation and every encrypted text: what another version has written is not read. */
const FORMAT = 'fastify-zitadel shared 1'

const NONCE_BYTES = 12
const TAG_BYTES = 16

/** The processes of one API of one issuer share a cache. */
export interface ApiIdentity {
  readonly issuer: string
  readonly clientId: string
}

/** AES-256-GCM as text. What was sealed for another context does not open. */
export class AeadBox {
  readonly #key: Uint8Array
  readonly #context: Buffer

  constructor (key: Uint8Array, { issuer, clientId }: ApiIdentity, context: string) {
    this.#key = key
    this.#context = Buffer.from(JSON.stringify([FORMAT, issuer, clientId, context]))
  }

  seal (text: string): string {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: TAG_BYTES }).setAAD(this.#context)
    const sealed = [cipher.update(text, 'utf8'), cipher.final()]
    return Buffer.concat([nonce, cipher.getAuthTag(), ...sealed]).toString('base64url')
  }

  /** Returns the text; undefined for anything that was not sealed with this key for this context. */
  open (sealed: string): string | undefined {
    const bytes = Buffer.from(sealed, 'base64url')
    // The decoder skips unknown characters, so only one way to write these bytes is accepted.
    if (bytes.length < NONCE_BYTES + TAG_BYTES || bytes.toString('base64url') !== sealed) return undefined
    const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
      .setAAD(this.#context)
      .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
    try {
      return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString()
    } catch {
      return undefined
    }
  }
}

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
