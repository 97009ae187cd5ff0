import { randomBytes } from 'node:crypto'
import { CompactSign, exportJWK } from 'jose'
import { getKeyPair } from '../instance/key-pairs.ts'

/**
 * Format of an access token. `opaque`: a JWE (five parts, starts with `eyJ`). `legacy`: base64url, from versions up to 4.13.
 * `jwt`: a signed JWT (three parts).
 */
export type TokenFormat = 'opaque' | 'legacy' | 'jwt'

const WEB_KEY_ID = '280000000000000050'
const NEXT_WEB_KEY_ID = '280000000000000051'

/** Creates a token in the form of a JWE. The parts are random: the stand-in finds a token by its whole text. */
export function createOpaqueToken (): string {
  const header = { alg: 'A256GCMKW', enc: 'A256GCM', iv: createRandomText(12), kid: 'token-encryption-key', tag: createRandomText(16) }
  return [encodeBase64url(header), createRandomText(32), createRandomText(12), createRandomText(65), createRandomText(16)].join('.')
}

export const LEGACY_TOKEN_LENGTH = 102

export function createLegacyToken (): string {
  return createRandomText(76)
}

/** @param header added to the protected header */
export async function createJwt (claims: Record<string, unknown>, header: Record<string, unknown> = {}): Promise<string> {
  const { privateKey } = await getKeyPair(0)
  return await new CompactSign(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'RS256', kid: WEB_KEY_ID, typ: 'JWT', ...header })
    .sign(privateKey)
}

/** The public keys of JWT access tokens, in the form of `/oauth/v2/keys`: the key in use, and the next one. */
export async function getPublicJwks (): Promise<ReadonlyMap<string, unknown>[]> {
  return await Promise.all([WEB_KEY_ID, NEXT_WEB_KEY_ID].map(async (kid, number) => {
    const { publicKey } = await getKeyPair(-number)
    const { kty, n, e } = await exportJWK(publicKey)
    return new Map(Object.entries({ use: 'sig', kty, kid, alg: 'RS256', n, e }))
  }))
}

function createRandomText (bytes: number): string {
  return randomBytes(bytes).toString('base64url')
}

function encodeBase64url (value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
