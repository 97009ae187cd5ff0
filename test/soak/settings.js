/** Milliseconds: short, so that every verdict is renewed hundreds of times in a run. */
export const TTL = 2000
export const INACTIVE_TTL = 1000
export const TIMEOUT = 1500
/** Verdicts that are kept: few, so that the cache is full soon and cannot be what grows. */
export const MAX = 500
/** Milliseconds after a fault in which ZITADEL may still count as down: the longest break, a probe, and what waits. */
export const RECOVERY = 5000 + 2 * TIMEOUT + 2000
/** Milliseconds for which a rejected client waits until it asks again. */
export const REJECTED_PAUSE = 6000 + 2 * TIMEOUT
/** Milliseconds by which two processes may see the same moment differently. */
export const SLACK = 100
