/** A limit divided by this is kept for one kind of tokens. Of the queue, it is also what one subject may occupy. */
export const RESERVE_DIVISOR = 4

/** Returns the part of a limit that is kept for one kind of tokens. A limit of 1 cannot be shared. */
export function getReserve (limit: number): number {
  return limit < 2 ? 0 : Math.max(1, Math.floor(limit / RESERVE_DIVISOR))
}
