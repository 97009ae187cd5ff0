import type { SharedCacheLog } from './shared-cache-log.ts'
import { getCutOffAge } from './cut-off-age.ts'

const CODE = 'FST_ZITADEL_SHARED_SUBSCRIPTION'

/** Redis replies and does not deliver messages. */
export function logNotDelivered (log: SharedCacheLog): void {
  log.warn(CODE, 'Redis does not deliver what other processes forget. This is checked again each second', { reason: 'NOT_DELIVERED' })
}

/** A message was larger than every message of this package, or not in the protocol of Redis. */
export function logInvalidMessage (log: SharedCacheLog): void {
  log.warn(CODE, 'a message through Redis is larger than every message of this package. Its connection was closed and is opened again. Another program publishes on the channels of the shared cache, or the server is not Redis', { reason: 'INVALID_MESSAGE' })
}

/**
 * The process is cut off from Redis, or is not any more.
 *
 * @param silence milliseconds
 * @param ttl milliseconds
 * @param cause a stable word for why there is no connection, if it is known
 */
export function logCutOff (log: SharedCacheLog, isCutOff: boolean, silence: number, ttl: number, cause?: string): void {
  if (!isCutOff) return log.end(CODE, 'CUT_OFF', 'messages of other processes arrive again. Verdicts are checked once', { reason: 'RECEIVING' })
  const bound = silence + getCutOffAge(ttl / 1000)
  log.warn(CODE, `for ${silence / 1000} s, no message has arrived through Redis. ZITADEL is asked more often. A token that another process forgets can be used here for up to ${Math.ceil(bound / 1000)} s${cause === undefined ? '' : ` (Redis: ${cause})`}`, { reason: 'CUT_OFF', ...(cause !== undefined && { cause }) })
}
