import { createPrivateKey, type KeyObject } from 'node:crypto'
import { setOptionProblem, type OptionProblem } from '../errors.ts'
import type { SigningClient } from '../oauth/private-key-jwt.ts'
import { parseJson } from '../untrusted-json.ts'

/** ZITADEL's JSON key of an application, as its console delivers it. */
export interface ApplicationKey {
  readonly type?: string
  readonly keyId: string
  /** PEM: PKCS#1 as ZITADEL writes it, or PKCS#8. */
  readonly key: string
  readonly appId?: string
  readonly clientId: string
  /** When the key expires (RFC 3339). The files of the console do not have it, but it can be added. */
  readonly expirationDate?: string
}

const EXPECTED = "must be ZITADEL's JSON key of an API application"

/**
 * Parses ZITADEL's JSON key.
 *
 * @param source the object, its JSON, or base64 of the JSON (as ZITADEL's API delivers it)
 * @throws TypeError whose message describes the mistake, and contains no part of the key
 */
export function parseApplicationKey (source: unknown): SigningClient {
  const file = typeof source === 'string' ? parseText(source.trim()) : source
  if (typeof file !== 'object' || file === null || Array.isArray(file) || file instanceof Uint8Array || file instanceof Promise) {
    const [problem, hint] = typeof source === 'string' ? describeText(source.trim(), file) : ['key_not_json', describeValue(source)] as const
    throw createKeyError(problem, `${EXPECTED}: an object, its JSON, or base64 of the JSON${hint}`)
  }
  const { type, keyId, key, clientId, expirationDate } = file as Record<string, unknown>
  if (type === 'serviceaccount') {
    throw createKeyError('key_of_service_account', 'is the key of a service account, which cannot introspect: create a key for an application of type API (its JSON says "type": "application")')
  }
  if (!isNonEmptyString(keyId) || !isNonEmptyString(key) || !isNonEmptyString(clientId)) {
    throw createKeyError('key_incomplete', `${EXPECTED}, with keyId, key and clientId as non-empty strings`)
  }
  const privateKey = parsePem(key)
  const expiresAt = typeof expirationDate === 'string' ? Date.parse(expirationDate) : NaN
  return { clientId, keyId, alg: getAlgorithm(privateKey), key: privateKey, ...(!Number.isNaN(expiresAt) && { expiresAt }) }
}

/** Undefined for a text that is neither JSON nor base64 of JSON. */
function parseText (text: string): unknown {
  // A file in base64 can start with a byte order mark, which trim removes.
  return parseJson(/^[{"'[]/.test(text) ? text : Buffer.from(text, 'base64').toString().trim())
}

function createKeyError (problem: OptionProblem, message: string): TypeError {
  return setOptionProblem(new TypeError(message), problem)
}

/** Describes what a text seems to be, and quotes nothing of it; '' if that is unclear. */
function describeText (text: string, parsed: unknown): readonly [OptionProblem, hint: string] {
  if (text === '') return ['key_empty', ' (it is empty)']
  if (/^(['"`]).*\1$/s.test(text)) return ['key_quoted', ' (it is in quotation marks: remove them)']
  if (text.startsWith('-----BEGIN ')) return ['key_is_pem', ' (it is only the PEM: give the whole JSON)']
  if (/^(?:[.~]{0,2}\/|file:|[A-Za-z]:[\\/])|\.json$/.test(text)) return ['path_in_key', ' (it looks like a path: a path belongs in "credentials.keyFile" or ZITADEL_KEY_FILE)']
  if (text.startsWith('{') && /-----BEGIN [A-Z ]+-----\r?\n/.test(text)) return ['key_line_breaks', ' (its PEM contains line breaks, where JSON needs \\n: base64 of the JSON avoids this)']
  return ['key_not_json', parsed === undefined ? ' (it is not valid JSON)' : '']
}

/** Describes a value that is neither a text nor a key; '' if that is unclear. */
function describeValue (source: unknown): string {
  if (source instanceof Uint8Array) return " (it is a Buffer: give its text, as readFileSync(path, 'utf8') returns it)"
  return source instanceof Promise ? ' (it is a promise: await it)' : ''
}

function isNonEmptyString (value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}

/** What a PEM that is no private key seems to be. */
const PEM_MISTAKES: ReadonlyArray<readonly [pattern: RegExp, hint: string]> = [
  [/\\n/, ' (it contains the two characters \\n instead of line breaks: the JSON was escaped twice)'],
  [/^-----BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED/m, ' (it is encrypted)'],
  [/^-----BEGIN (?:RSA )?PUBLIC KEY/, ' (it is a public key)'],
  [/^-----BEGIN [^\n]*$/, ' (it has lost its line breaks)'],
  [/^(?!-----BEGIN )/, ' (it does not start with -----BEGIN)']
]

function parsePem (pem: string): KeyObject {
  try {
    // JOSE libraries and WebCrypto do not accept PKCS#1, which ZITADEL writes; node:crypto reads both.
    return createPrivateKey(pem)
  } catch {
    const hint = PEM_MISTAKES.find(([pattern]) => pattern.test(pem))?.[1] ?? ''
    throw createKeyError('key_pem_broken', `must hold an unencrypted private key as PEM (PKCS#1 or PKCS#8) in its member key${hint}`)
  }
}

function getAlgorithm (key: KeyObject): SigningClient['alg'] {
  // An asymmetric key always has details.
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails!
  if (key.asymmetricKeyType === 'rsa' && modulusLength! >= 2048) return 'RS256'
  if (key.asymmetricKeyType === 'ec' && namedCurve === 'prime256v1') return 'ES256'
  throw createKeyError('key_unsupported', 'must hold an RSA key of at least 2048 bits or an EC key on P-256: ZITADEL accepts no other')
}
