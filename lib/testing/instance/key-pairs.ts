import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'

export interface KeyPair {
  publicKey: KeyObject
  privateKey: KeyObject
}

const generate = promisify(generateKeyPair)
const KEY_PAIRS = new Map<number, Promise<KeyPair>>()

/**
 * Returns the RSA key pair with this number: positive for applications, 0 and -1 for JWT access tokens. All stand-ins of a process share the pairs, because the generation of one takes
 * tens of milliseconds or more.
 */
export function getKeyPair (number: number): Promise<KeyPair> {
  const pair = KEY_PAIRS.get(number) ?? generate('rsa', { modulusLength: 2048 })
  KEY_PAIRS.set(number, pair)
  return pair
}
