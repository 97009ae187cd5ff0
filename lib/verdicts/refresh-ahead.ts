import type { Verdict } from './verdict.ts'

/** The part of its ttl after which a used verdict is refreshed, the uses that it needs, and how many refreshes may be in flight. */
export const REFRESH_AHEAD = { after: 0.8, uses: 3, atOnce: 8 }

/**
 * Counts a use, until there are enough: writing to the memory of a verdict costs more than reading it.
 *
 * @returns whether there are enough uses
 */
export function countUse (verdict: Verdict): boolean {
  return verdict.hits >= REFRESH_AHEAD.uses || ++verdict.hits >= REFRESH_AHEAD.uses
}
