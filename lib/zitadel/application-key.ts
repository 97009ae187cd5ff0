import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { SigningClient } from '../oauth/client-authentication.ts'

/** ZITADEL's JSON key of an application, as its console gives it out. */
export interface ApplicationKey {
  readonly type?: string
  readonly keyId: string
  /** PEM: PKCS#1 as ZITADEL writes it, or PKCS#8. */
  readonly key: string
  readonly appId?: string
  readonly clientId: string
}

/**
 * The signing client of ZITADEL's JSON key.
 *
 * @param source the object, its JSON, or base64 of that (as ZITADEL's API delivers it)
 * @throws TypeError that says what is wrong with the key and holds no part of it
 */
export function parseApplicationKey (source: unknown): SigningClient {
  const file = typeof source === 'string' ? parseJson(source) : source
  if (typeof file !== 'object' || file === null || Array.isArray(file)) {
    throw new TypeError("must be ZITADEL's JSON key of an API application: an object, its JSON, or base64 of the JSON")
  }
  const { type, keyId, key, clientId } = file as Record<string, unknown>
  if (type === 'serviceaccount') {
    throw new TypeError('is the key of a service account, which cannot introspect: create a key for an application of type API (its JSON says "type": "application")')
  }
  if (!isNonEmptyString(keyId) || !isNonEmptyString(key) || !isNonEmptyString(clientId)) {
    throw new TypeError("must be ZITADEL's JSON key of an API application, with keyId, key and clientId as non-empty strings")
  }
  const privateKey = parsePem(key)
  return { clientId, keyId, alg: getAlgorithm(privateKey), key: privateKey }
}

function parseJson (text: string): unknown {
  const trimmed = text.trim()
  try {
    return JSON.parse(trimmed.startsWith('{') ? trimmed : Buffer.from(trimmed, 'base64').toString())
  } catch {
    // The parser's own message would quote the text, which holds the private key.
    return undefined
  }
}

function isNonEmptyString (value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}

function parsePem (pem: string): KeyObject {
  try {
    // JOSE libraries and WebCrypto refuse PKCS#1, which is what ZITADEL writes; node:crypto reads both.
    return createPrivateKey(pem)
  } catch {
    throw new TypeError('must hold an unencrypted private key as PEM (PKCS#1 or PKCS#8) in its member key')
  }
}

function getAlgorithm (key: KeyObject): SigningClient['alg'] {
  // Of an asymmetric key there are always some.
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails!
  if (key.asymmetricKeyType === 'rsa' && modulusLength! >= 2048) return 'RS256'
  if (key.asymmetricKeyType === 'ec' && namedCurve === 'prime256v1') return 'ES256'
  throw new TypeError('must hold an RSA key of at least 2048 bits or an EC key on P-256: ZITADEL accepts no other')
}
