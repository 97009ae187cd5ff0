import { findClockSkew } from '../../client/response-headers.ts'
import { type Diagnosis, createSuccess, createWarning } from '../diagnosis.ts'
import type { CallResponse } from '../http.ts'

/**
 * Compares the clock of this machine with the `date` of a response of ZITADEL.
 *
 * @param now milliseconds since 1970
 */
export function diagnoseClock ({ headers }: CallResponse, now: number): Diagnosis {
  const seconds = findClockSkew(headers, now)
  if (seconds === 0) return createSuccess('clock', 'The clocks agree')
  const [cause, words] = seconds > 0 ? ['clock_ahead', 'ahead of'] as const : ['clock_behind', 'behind'] as const
  return createWarning('clock', cause, `This machine's clock is ${Math.abs(seconds)} s ${words} ZITADEL's`)
}
