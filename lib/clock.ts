/** The two kinds of time: one that can be compared with a server's, and one that no administrator can turn. */
export interface Clock {
  /** Milliseconds since 1970. */
  readonly wall: () => number
  /** Milliseconds since some moment, never going back. */
  readonly monotonic: () => number
}

export const systemClock: Clock = { wall: Date.now, monotonic: () => performance.now() }
