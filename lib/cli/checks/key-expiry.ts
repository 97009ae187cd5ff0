import { failedBy, warningOf, type Diagnosis } from '../diagnosis.ts'

const SOON_MS = 14 * 86_400_000

/**
 * Checks the expiry in the JSON of a key. ZITADEL does not write it for applications yet.
 *
 * @param text the JSON of a key, or base64 of it
 * @param now milliseconds since 1970
 * @returns undefined if no end is known, or if it is far away
 */
export function diagnoseKeyExpiry (text: string, now: number): Diagnosis | undefined {
  const json = text.trimStart().startsWith('{') ? text : Buffer.from(text, 'base64').toString()
  const { expirationDate } = JSON.parse(json) as { expirationDate?: unknown }
  const end = typeof expirationDate === 'string' ? Date.parse(expirationDate) : NaN
  if (end <= now) return failedBy('options', 'key_expired', 'The key has expired')
  return end - now < SOON_MS ? warningOf('options', 'key_expires_soon', `The key expires on ${new Date(end).toISOString().slice(0, 10)}`) : undefined
}
