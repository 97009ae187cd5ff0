import { randomUUID, type KeyObject } from 'node:crypto'
import { SignJWT, base64url } from 'jose'
import type { ClientAuthentication } from './client-authentication.ts'

/**
 * Signs a JWS signing input.
 *
 * @param data the bytes to sign; a copy, which the function may keep
 * @returns the signature in the form of JWS: for ES256 the 64 bytes of r and s, not DER
 * @see {@link https://www.rfc-editor.org/rfc/rfc7518#section-3.4 RFC 7518 section 3.4}
 */
export type Sign = (data: Uint8Array) => Uint8Array | Promise<Uint8Array>

/** The algorithms that ZITADEL accepts for client assertions, and that jose and node:crypto can sign with. */
export const SIGNING_ALGORITHMS = ['RS256', 'PS256', 'ES256'] as const

/** A client that authenticates with a private key, which is either held here or used by an external signer. */
export type SigningClient = {
  readonly clientId: string
  readonly keyId: string
  readonly alg: typeof SIGNING_ALGORITHMS[number]
  /** When the key expires, in milliseconds since 1970; absent if that is not known. */
  readonly expiresAt?: number
} & ({ readonly key: KeyObject } | { readonly sign: Sign })

/** An assertion is backdated, because clocks differ and a server rejects an assertion from the future. */
const BACKDATE_SECONDS = 30
/** ZITADEL rejects an assertion one hour after its `iat`. */
export const ASSERTION_LIFETIME_SECONDS = 3600

/**
 * Creates a signed client assertion.
 *
 * @param audience the issuer of the authorization server, exactly as the server spells it
 * @param now milliseconds since 1970
 * @throws SigningError
 * @see {@link https://www.rfc-editor.org/rfc/rfc7523#section-3 RFC 7523 section 3}
 */
export async function signAssertion (client: SigningClient, audience: string, now: number): Promise<string> {
  const iat = Math.floor(now / 1000) - BACKDATE_SECONDS
  const header = { alg: client.alg, kid: client.keyId, typ: 'JWT' }
  const claims = { iss: client.clientId, sub: client.clientId, aud: [audience], iat, exp: iat + ASSERTION_LIFETIME_SECONDS, jti: randomUUID() }
  if ('key' in client) return await new SignJWT(claims).setProtectedHeader(header).sign(client.key)
  const input = `${base64url.encode(JSON.stringify(header))}.${base64url.encode(JSON.stringify(claims))}`
  const signature: unknown = await callSigner(client.sign, input)
  if (!(signature instanceof Uint8Array) || signature.length === 0) throw new SigningError('the function "sign" must give the signature as bytes')
  if (client.alg === 'ES256' && signature.length !== 64) throw new SigningError('the function "sign" must give the 64 bytes of r and s for ES256')
  return `${input}.${base64url.encode(signature)}`
}

/** An external signer failed. The message is fixed: an error of the signer itself could contain secrets. */
export class SigningError extends Error {}

async function callSigner (sign: Sign, input: string): Promise<unknown> {
  try {
    return await sign(new TextEncoder().encode(input))
  } catch {
    throw new SigningError('the function "sign" threw')
  }
}

/**
 * The form fields of `private_key_jwt`.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7523#section-2.2 RFC 7523 section 2.2}
 */
export function privateKeyJwt (assertion: string): ClientAuthentication {
  return {
    form: `&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=${assertion}`,
    headers: {},
    secret: ''
  }
}
