import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** Part of every derivation and every encrypted text: what another version has written is not read. */
export const FORMAT = 'fastify-zitadel shared 1'

/** The processes of one API of one issuer share a cache. */
export interface ApiIdentity {
  readonly issuer: string
  readonly clientId: string
}

const NONCE_BYTES = 12
const TAG_BYTES = 16

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
