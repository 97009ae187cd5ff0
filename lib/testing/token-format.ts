import { randomBytes } from 'node:crypto'
import { CompactSign, exportJWK, type JWK } from 'jose'
import { keyPair } from './keys.ts'

/**
 * The string form of an access token: `opaque` is a JWE (five parts, starting `eyJ`), `legacy` the base64url of older
 * versions, `jwt` a signed JWT (three parts).
 */
export type TokenFormat = 'opaque' | 'legacy' | 'jwt'

const webKeyId = '280000000000000050'

/** A string that only the server can read. Nothing is in it here: the stand-in finds it by its whole text. */
export function opaqueToken (): string {
  const header = { alg: 'A256GCMKW', enc: 'A256GCM', iv: random(12), kid: 'token-encryption-key', tag: random(16) }
  return [base64url(header), random(32), random(12), random(65), random(16)].join('.')
}

export function legacyToken (): string {
  return random(76)
}

export async function jwt (claims: Record<string, unknown>): Promise<string> {
  const { privateKey } = await keyPair(0)
  return await new CompactSign(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'RS256', kid: webKeyId, typ: 'JWT' })
    .sign(privateKey)
}

/** The public key of JWT access tokens, as `/oauth/v2/keys` serves it. */
export async function webKey (): Promise<JWK> {
  const { publicKey } = await keyPair(0)
  return { use: 'sig', ...await exportJWK(publicKey), kid: webKeyId, alg: 'RS256' }
}

function random (bytes: number): string {
  return randomBytes(bytes).toString('base64url')
}

function base64url (value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
