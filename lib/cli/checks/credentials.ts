import { failedBy, ok, type Diagnosis } from '../diagnosis.ts'
import type { CheckResult } from '../../source/health-check.ts'
import type { Cause } from './causes.ts'

/** The messages of the plugin's client. The first that matches counts. */
const REASONS: ReadonlyArray<readonly [reason: RegExp, cause: Cause]> = [
  [/issuedAt of token is in the future|expiration of token/, 'clock_refused'],
  [/^ZITADEL rejects the introspection request/, 'introspection_refused'],
  [/^ZITADEL does not know this host or path/, 'introspection_path']
]

/**
 * Finds the cause if ZITADEL does not accept this API.
 *
 * @param isSecret whether the credentials are a client secret
 * @param isClockAhead whether the clock of this machine is ahead of ZITADEL's
 */
export function diagnoseCredentials (result: CheckResult, isSecret: boolean, isClockAhead: boolean): Diagnosis {
  if (result.ok) return ok('credentials', 'ZITADEL accepts the credentials')
  const { code, reason } = result
  const isRefused = reason.startsWith('ZITADEL rejects this API\'s credentials')
  const refused: Cause = isSecret ? 'secret_refused' : isClockAhead ? 'clock_refused' : 'key_refused'
  const known = REASONS.find(([pattern]) => pattern.test(reason))?.[1]
  const cause = known ?? (isRefused ? refused : 'introspection_failed')
  const start = code === 'FST_ZITADEL_CLIENT_REJECTED' ? 'ZITADEL does not accept this API: ' : ''
  return failedBy('credentials', cause, `${start}${reason}`)
}
