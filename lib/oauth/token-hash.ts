import { hash } from 'node:crypto'

/**
 * Returns the SHA-256 of a token, by which verdicts and forgets are found, so that no token is kept: 32 characters, one for each
 * byte. Of the encodings, Node.js creates this one the fastest, and the string is the shortest. The one-shot function is the
 * fastest too.
 */
export function hashToken (token: string): string {
  return hash('sha256', token, 'binary')
}

/** Encodes a hash for a message, in base64url. All processes of a shared cache must encode it alike. */
export function encodeTokenHash (hash: string): string {
  return Buffer.from(hash, 'latin1').toString('base64url')
}

/** Decodes the hash of a message. */
export function decodeTokenHash (encoded: string): string {
  return Buffer.from(encoded, 'base64url').toString('latin1')
}
