import { getCutOffAge } from '../shared-cache/silence.ts'
import type { Verdict } from './verdict.ts'

/** Milliseconds in which ZITADEL is asked again about all tokens after forgets may have been missed; less if ttl is short. */
const SPREAD_MS = 15_000

/** Milliseconds after which the shared cache is asked again, if it did not say whether a verdict was forgotten. */
export const CONFIRM_AGAIN_MS = 1000

const getSpread = (ttl: number, isCutOff: boolean): number => isCutOff ? getCutOffAge(ttl) : Math.min(ttl * 1000 / 2, SPREAD_MS)

/**
 * Makes verdicts doubtful because forgets may have been missed. Until its part of the spread is over, each can be used if the
 * shared cache says that it was not forgotten: if ZITADEL were asked about all tokens at once, known callers would wait too
 * long. The oldest come first, because their ttl ends first: so ZITADEL is asked about each token once, at an even rate.
 *
 * @param at monotonic milliseconds
 * @param ttl seconds
 * @param isCutOff whether the shared cache cannot be asked. Then each verdict is used up to a lower age
 */
export function doubtAllAfterGap (verdicts: readonly Verdict[], at: number, ttl: number, isCutOff: boolean): void {
  const spread = getSpread(ttl, isCutOff)
  const spreadOut: Verdict[] = []
  for (const verdict of verdicts) {
    verdict.trustedUntil = -Infinity
    if (isCutOff && verdict.askedAt + spread > at) setEnd(verdict, verdict.askedAt + spread)
    else if (verdict.askedAt + ttl * 1000 > at && verdict.confirmableUntil > at + spread) spreadOut.push(verdict)
  }
  spreadOut.sort((first, second) => first.askedAt - second.askedAt)
  for (const [index, verdict] of spreadOut.entries()) setEnd(verdict, at + spread * index / spreadOut.length)
}

/**
 * The same for a verdict that was in flight.
 *
 * @param key SHA-256 in base64url
 */
export function doubtAfterGap (verdict: Verdict, key: string, at: number, ttl: number, isCutOff: boolean): void {
  verdict.trustedUntil = -Infinity
  setEnd(verdict, at + toFraction(key) * getSpread(ttl, isCutOff))
}

/** A later gap does not lengthen the time in which a verdict can be used. */
function setEnd (verdict: Verdict, end: number): void {
  verdict.confirmableUntil = Math.min(verdict.confirmableUntil, end)
}

/**
 * Returns a number from 0 to 1, the same in all processes, to spread what would happen for many tokens at once.
 *
 * @param key SHA-256 in base64url
 */
export function toFraction (key: string): number {
  return Buffer.from(key.slice(0, 4), 'base64url').readUIntBE(0, 3) / 2 ** 24
}
