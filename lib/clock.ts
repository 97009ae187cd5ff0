import { performance } from 'node:perf_hooks'

/** The two kinds of time that the plugin reads. Tests pass a clock of their own. */
export interface Clock {
  /** Milliseconds since 1970. Comparable with a server's clock; an administrator can change it. */
  readonly wall: () => number
  /**
   * Milliseconds since an arbitrary moment. Never goes back.
   *
   * @param wall the wall time, if it was just read. Reading it takes longer than reading the monotonic time of the process
   */
  readonly monotonic: (wall?: number) => number
}

/** Milliseconds by which wall time may pass faster than monotonic time between two reads: clocks are also adjusted gradually. */
const MAX_DRIFT_MS = 1000

/**
 * Creates a clock whose monotonic time includes the time for which the machine was suspended. On Linux, that of the process
 * does not include it, so verdicts would be used past their ttl after a suspend. If an administrator sets the wall time forward,
 * verdicts age by the same amount, which costs one introspection for each token.
 *
 * @param readWall milliseconds since 1970
 * @param readMonotonic milliseconds. If they go back, which they do when fake timers begin or end, the time of the clock stands still
 */
export function createClock (readWall: () => number, readMonotonic: () => number): Clock {
  // Each change of a variable would allocate memory for its number.
  const last = Float64Array.of(readWall(), readMonotonic(), 0)
  return {
    wall: readWall,
    monotonic: (wall = readWall()) => {
      const monotonic = readMonotonic()
      const elapsed = monotonic - last[1]!
      const suspended = wall - last[0]! - elapsed
      if (elapsed < 0) last[2]! -= elapsed
      else if (suspended > MAX_DRIFT_MS) last[2]! += suspended
      last[0] = wall
      last[1] = monotonic
      return monotonic + last[2]!
    }
  }
}

/** Reads both at each call, so that fake timers which replace `Date` after the import have an effect. */
export const systemClock: Clock = createClock(() => Date.now(), () => performance.now())
