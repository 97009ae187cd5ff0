/** The option `limits` with defaults. */
export interface Limits {
  /** Maximum number of concurrent introspections. */
  readonly concurrent: number
  /** Maximum number of introspections in the queue. */
  readonly queue: number
  /** Maximum number of introspections per second, in bursts of at most one second's worth; undefined for no such limit. */
  readonly perSecond?: number | undefined
}

/** A limit divided by this is kept for one kind of tokens. Of the queue, it is also what one subject may occupy. */
export const RESERVE_DIVISOR = 4

/** Returns the part of a limit that is kept for one kind of tokens. A limit of 1 cannot be shared. */
export function getReserve (limit: number): number {
  return limit < 2 ? 0 : Math.max(1, Math.floor(limit / RESERVE_DIVISOR))
}
