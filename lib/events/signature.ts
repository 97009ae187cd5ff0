import { createHmac, timingSafeEqual } from 'node:crypto'

/** The header in which ZITADEL sends the signature of a webhook. */
export const SIGNATURE_HEADER = 'zitadel-signature'
/** A signature is valid for so many seconds before and after its time. */
export const TOLERANCE_SECONDS = 300

/** Longer headers are not ZITADEL's: it sends one or two signatures. */
const MAX_HEADER_LENGTH = 1024
const SIGNATURE = /^[0-9a-f]{64}$/i

/**
 * Checks the signature of a webhook: HMAC-SHA256 of `<t>.<body>`, in constant time.
 *
 * @param header such as `t=1795655124,v1=4753...`; of several `v1`, one must be right
 * @param body the body as it was received
 * @param now milliseconds since 1970
 * @returns whether one of the keys has signed the body, and not more than 300 seconds before or after now
 */
export function isSignatureValid (header: unknown, body: Uint8Array, signingKeys: readonly string[], now: number): boolean {
  if (typeof header !== 'string' || header.length > MAX_HEADER_LENGTH) return false
  const parts = header.split(',').map((part) => part.trim())
  const time = parts.findLast((part) => part.startsWith('t='))?.slice(2) ?? ''
  if (!/^\d{1,12}$/.test(time) || Math.abs(now / 1000 - Number(time)) > TOLERANCE_SECONDS) return false
  const signatures = parts.filter((part) => part.startsWith('v1=') && SIGNATURE.test(part.slice(3))).map((part) => Buffer.from(part.slice(3), 'hex'))
  const expected = signingKeys.map((key) => createHmac('sha256', key).update(`${time}.`).update(body).digest())
  // All are compared, so that the time does not show which one is right.
  return expected.flatMap((mac) => signatures.map((signature) => timingSafeEqual(mac, signature))).includes(true)
}
