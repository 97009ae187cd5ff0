/**
 * Returns a number from 0 to 1, the same in all processes, to spread what would happen for many tokens at once.
 *
 * @param key SHA-256, one character for each byte
 */
export function toFraction (key: string): number {
  return Buffer.from(key.slice(0, 3), 'latin1').readUIntBE(0, 3) / 2 ** 24
}
