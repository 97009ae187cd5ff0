import { createFailure, createWarning, type Diagnosis } from '../diagnosis.ts'

const SOON_MS = 14 * 86_400_000

/**
 * Checks the expiry of a key. ZITADEL does not write it into the JSON of an application's key yet.
 *
 * @param expiresAt milliseconds since 1970; undefined if it is not known
 * @param now milliseconds since 1970
 * @returns undefined if the expiry is not known or far away
 */
export function diagnoseKeyExpiry (expiresAt: number | undefined, now: number): Diagnosis | undefined {
  if (expiresAt === undefined || expiresAt - now >= SOON_MS) return undefined
  if (expiresAt <= now) return createFailure('options', 'key_expired', 'The key has expired')
  return createWarning('options', 'key_expires_soon', `The key expires on ${new Date(expiresAt).toISOString().slice(0, 10)}`)
}
