/** Milliseconds after an introspection for which its verdict is used in a process that is cut off; less if ttl is short. */
const CUT_OFF_AGE_MS = 12_000

/**
 * Returns the age up to which verdicts are used in a process that is cut off.
 *
 * @param ttl seconds
 * @returns milliseconds
 */
export function getCutOffAge (ttl: number): number {
  return Math.min(CUT_OFF_AGE_MS, ttl * 1000 / 2)
}
