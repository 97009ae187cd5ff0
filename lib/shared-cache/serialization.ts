import { isIntrospectionResponse, type IntrospectionResponse } from '../oauth/introspection.ts'
import type { Clock } from '../clock.ts'
import { CLOCK_SKEW_MS } from './clock-skew.ts'

/** A response of ZITADEL, and when ZITADEL was asked. */
export interface TimedResponse {
  readonly response: IntrospectionResponse
  /** Monotonic milliseconds of this process. */
  readonly askedAt: number
}

/** A response from the shared cache. */
export interface LoadedResponse extends TimedResponse {
  /** Milliseconds since 1970 by the clock of the process that asked. */
  readonly askedAtWall: number
}

/** The time of asking is written as wall time, because monotonic times of processes cannot be compared. */
export function serializeResponse ({ response, askedAt }: TimedResponse, clock: Clock): string {
  return JSON.stringify([Math.floor(clock.wall() - (clock.monotonic() - askedAt)), response])
}

/**
 * Reads the response in an entry. Its age is by the clocks, plus their largest difference: it is never older than its
 * `askedAt` says.
 *
 * @param maxAge milliseconds by the clocks
 * @returns undefined if it is too old, from the future, or not an active response
 */
export function deserializeResponse (text: string | undefined, maxAge: number, clock: Clock): LoadedResponse | undefined {
  if (text === undefined) return undefined
  const [askedAtWall, response] = JSON.parse(text) as [unknown, unknown]
  if (typeof askedAtWall !== 'number' || !isIntrospectionResponse(response) || !response.active) return undefined
  const age = clock.wall() - askedAtWall
  if (!(age >= 0 && age < maxAge)) return undefined
  return { response, askedAt: clock.monotonic() - age - CLOCK_SKEW_MS, askedAtWall }
}
