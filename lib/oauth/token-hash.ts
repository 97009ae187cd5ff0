import { hash } from 'node:crypto'

/**
 * Returns the SHA-256 of a token in base64url, by which verdicts and forgets are found, so that no token is kept. All processes of
 * a shared cache must compute the same. The one-shot function of Node.js is the fastest.
 */
export function hashToken (token: string): string {
  return hash('sha256', token, 'base64url')
}
