import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'

export interface KeyPair {
  publicKey: KeyObject
  privateKey: KeyObject
}

const generate = promisify(generateKeyPair)
const KEY_PAIRS: Promise<KeyPair>[] = []

/**
 * Returns the RSA key pair with this number. All stand-ins of a process share the pairs, because the generation of one takes
 * tens of milliseconds or more.
 */
export function getKeyPair (number: number): Promise<KeyPair> {
  KEY_PAIRS[number] ??= generate('rsa', { modulusLength: 2048 })
  return KEY_PAIRS[number]
}
