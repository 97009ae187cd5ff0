import { ZitadelError } from '../errors.ts'

/**
 * Why the token of a request no longer allows it.
 *
 * - `'expired'`: the expiry of the token has passed by this API's clock.
 * - `'revoked'`: ZITADEL says that the token is not active, or it is no longer valid for this API.
 * - `'forbidden'`: the token is active, but no longer meets what the route requires: a role was removed, for example.
 */
export type EndReason = 'expired' | 'revoked' | 'forbidden'

/** @param denial what a new request with the token would be denied with */
export function toEndReason (denial: Error): EndReason {
  if (!(denial instanceof ZitadelError) || denial.code !== 'FST_ZITADEL_INVALID_TOKEN') return 'forbidden'
  return denial.reason === 'token_expired' ? 'expired' : 'revoked'
}
