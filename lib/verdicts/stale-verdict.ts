import { OutageError } from '../failures.ts'
import type { Verdict } from './verdict.ts'

/** Whether ZITADEL cannot be reached, and no caller can have caused that. */
export function isOutage (error: unknown): boolean {
  const { cause } = error as { cause?: unknown }
  return cause instanceof OutageError && !cause.canBeCausedByCaller
}

/**
 * Returns the verdict that is used while ZITADEL cannot be reached.
 *
 * @param cached the verdict of any age
 * @param trusted milliseconds for which a verdict can be used, `staleIfError` included
 * @param now monotonic milliseconds
 * @returns undefined if there is none
 */
export function toStaleVerdict (cached: Verdict | undefined, trusted: number, now: number): Verdict | undefined {
  // Another process may have forgotten the token, and this one is cut off from both.
  if (cached?.gapCheck?.isConfirmed === false) return undefined
  if (cached?.granted === undefined || cached.isUnconfirmed || now - cached.askedAt >= trusted) return undefined
  return { ...cached, granted: { ...cached.granted, token: cached.granted.token.asStale() } }
}
