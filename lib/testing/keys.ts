import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'

export interface KeyPair {
  publicKey: KeyObject
  privateKey: KeyObject
}

const generate = promisify(generateKeyPair)
const pool: Promise<KeyPair>[] = []

/**
 * The RSA key with this number. Making one takes tens of milliseconds or more, so all stand-ins of a process share them.
 */
export function keyPair (number: number): Promise<KeyPair> {
  pool[number] ??= generate('rsa', { modulusLength: 2048 })
  return pool[number]
}
