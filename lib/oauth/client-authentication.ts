import { randomUUID, type KeyObject } from 'node:crypto'
import { SignJWT, base64url } from 'jose'

/** What one request carries to prove which client sends it: form fields to append, or header fields. */
export interface ClientAuthentication {
  readonly form: string
  readonly headers: Readonly<Record<string, string>>
  /** What is in the header fields, before it was encoded: as little to be quoted as the form; '' where nothing is. */
  readonly secret: string
}

/** A client that proves itself with a secret, the same way each time. */
export interface SecretClient extends ClientAuthentication {
  readonly clientId: string
}

/**
 * HTTP Basic with the id and the secret form-url-encoded first.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 RFC 6749 section 2.3.1}
 */
export function clientSecretBasic (clientId: string, clientSecret: string): SecretClient {
  const pair = `${encodeFormValue(clientId)}:${encodeFormValue(clientSecret)}`
  return { clientId, form: '', headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }, secret: clientSecret }
}

function encodeFormValue (value: string): string {
  return encodeURIComponent(value).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`).replaceAll('%20', '+')
}

/**
 * Signs a JWS signing input.
 *
 * @param data the bytes to sign; a copy, yours to keep
 * @returns the signature as JWS wants it: for ES256 the 64 bytes of r and s, not DER
 */
export type Sign = (data: Uint8Array) => Uint8Array | Promise<Uint8Array>

/** A client that proves itself with a private key: one held here, or one that only an external signer can use. */
export type SigningClient = {
  readonly clientId: string
  readonly keyId: string
  readonly alg: 'RS256' | 'PS256' | 'ES256'
} & ({ readonly key: KeyObject } | { readonly sign: Sign })

/** Seconds by which an assertion is backdated: a server refuses one from the future, and clocks differ. */
const BACKDATE_SECONDS = 30
/** Seconds from its issuance for which an assertion can be used. */
const LIFETIME_SECONDS = 3600

/**
 * A signed client assertion.
 *
 * @param audience the authorization server's issuer, exactly as it calls itself
 * @param now milliseconds since 1970
 * @see {@link https://www.rfc-editor.org/rfc/rfc7523#section-3 RFC 7523 section 3}
 */
export async function signAssertion (client: SigningClient, audience: string, now: number): Promise<string> {
  const iat = Math.floor(now / 1000) - BACKDATE_SECONDS
  const header = { alg: client.alg, kid: client.keyId, typ: 'JWT' }
  const claims = { iss: client.clientId, sub: client.clientId, aud: [audience], iat, exp: iat + LIFETIME_SECONDS, jti: randomUUID() }
  if ('key' in client) return await new SignJWT(claims).setProtectedHeader(header).sign(client.key)
  const input = `${base64url.encode(JSON.stringify(header))}.${base64url.encode(JSON.stringify(claims))}`
  const signature: unknown = await callSigner(client.sign, input)
  if (!(signature instanceof Uint8Array) || signature.length === 0) throw new SigningError('the function "sign" must give the signature as bytes')
  if (client.alg === 'ES256' && signature.length !== 64) throw new SigningError('the function "sign" must give the 64 bytes of r and s for ES256')
  return `${input}.${base64url.encode(signature)}`
}

/** What an external signer did wrong, in words of ours: its own could say anything. */
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
