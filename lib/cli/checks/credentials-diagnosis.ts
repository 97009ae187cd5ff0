import { RejectionError, type RejectedPart } from '../../failures.ts'
import { createFailure, createSuccess, type Diagnosis } from '../diagnosis.ts'
import type { Cause } from './causes.ts'

/** Reasons of ZITADEL, which have no code. It sends them with an instance feature. */
const CLOCK_REASONS = /issuedAt of token is in the future|expiration of token/

const CAUSES_BY_PART: Readonly<Record<Exclude<RejectedPart, 'credentials'>, Cause>> = { request: 'introspection_refused', path: 'introspection_path', issuer: 'introspection_failed' }

/**
 * Finds the cause if ZITADEL does not accept this API.
 *
 * @param failure why an introspection has failed; undefined if ZITADEL responded
 * @param isSecret whether the credentials are a client secret
 * @param isClockAhead whether the clock of this machine is ahead of ZITADEL's
 */
export function diagnoseCredentials (failure: Error | undefined, isSecret: boolean, isClockAhead: boolean): Diagnosis {
  if (failure === undefined) return createSuccess('credentials', 'ZITADEL accepts the credentials')
  if (!(failure instanceof RejectionError)) return createFailure('credentials', 'introspection_failed', failure.message)
  return createFailure('credentials', findCause(failure, isSecret, isClockAhead), `ZITADEL does not accept this API: ${failure.message}`)
}

function findCause ({ part, message }: RejectionError, isSecret: boolean, isClockAhead: boolean): Cause {
  if (CLOCK_REASONS.test(message)) return 'clock_refused'
  if (part !== 'credentials') return CAUSES_BY_PART[part]
  return isSecret ? 'secret_refused' : isClockAhead ? 'clock_refused' : 'key_refused'
}
