/** Processes of the fleet. */
export const PROCESSES = 2
/** Milliseconds: short, so that every verdict is renewed often, and longer than the bound of a process without Redis. */
export const TTL = 30_000
/** Milliseconds for which a process without Redis can accept a token that another has forgotten (docs/fleet.md). */
export const CUT_OFF = 17_000
export const INACTIVE_TTL = 1000
export const TIMEOUT = 1500
/** The bound of cached verdicts: small, so that the cache is full soon and its growth is not taken for a leak. */
export const MAX = 500
/** Milliseconds after a fault in which ZITADEL may still count as down: the longest backoff, a probe, and the queue. */
export const RECOVERY = 5000 + 2 * TIMEOUT + 2000
/** Milliseconds for which a rejected client sends no introspection. */
export const REJECTED_PAUSE = 6000 + 2 * TIMEOUT
/** Milliseconds by which the clocks of two processes may differ. */
export const SLACK = 100
/** Milliseconds until the other processes have a message, on a machine that is busy. */
export const ELSEWHERE = Number(process.env.SOAK_ELSEWHERE ?? 1000)
/** Milliseconds after a fault of Redis until messages of other processes arrive again. */
export const RECONNECT = 10_000
/** Milliseconds in which every process answers a trivial request, unless the machine is too busy. */
export const STALL = 250
