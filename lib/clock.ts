/** The two kinds of time that the plugin reads. Tests pass a clock of their own. */
export interface Clock {
  /** Milliseconds since 1970. Comparable with a server's clock; an administrator can change it. */
  readonly wall: () => number
  /** Milliseconds since an arbitrary moment. Never goes back. */
  readonly monotonic: () => number
}

/** The last result of `performance.now()`, and what is added to it. */
let last = 0
let offset = 0

/** Continues where it was if `performance.now()` goes back, which it does when fake timers begin or end. */
function readMonotonic (): number {
  const now = performance.now()
  if (now < last) offset += last - now
  last = now
  return now + offset
}

/** Reads both at each call, so that fake timers which replace `Date` after the import have an effect. */
export const systemClock: Clock = { wall: () => Date.now(), monotonic: readMonotonic }
