/** Milliseconds by which the clocks of processes may differ. */
export const CLOCK_SKEW_MS = 5000
