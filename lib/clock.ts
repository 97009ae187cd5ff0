/** The two kinds of time that the plugin reads. Tests pass a clock of their own. */
export interface Clock {
  /** Milliseconds since 1970. Comparable with a server's clock; an administrator can change it. */
  readonly wall: () => number
  /** Milliseconds since an arbitrary moment. Never goes back. */
  readonly monotonic: () => number
}

/** Reads both at each call, so that fake timers which replace `Date` after the import have an effect. */
export const systemClock: Clock = { wall: () => Date.now(), monotonic: () => performance.now() }
