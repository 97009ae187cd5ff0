import { isIntrospectionResponse, type IntrospectionResponse } from '../oauth/introspection.ts'
import type { Clock } from '../clock.ts'
import { CLOCK_SKEW_MS } from './tombstones.ts'

/** What ZITADEL said, and when it was asked. */
export interface TimedResponse {
  readonly response: IntrospectionResponse
  /** Monotonic milliseconds of this process. */
  readonly askedAt: number
}

/** An answer as it came from another process. */
export interface LoadedResponse extends TimedResponse {
  /** Milliseconds since 1970 by the clock of the process that asked. */
  readonly askedAtWall: number
}

/** Monotonic time means nothing to another process: the moment of asking travels as wall-clock time. */
export function serializeResponse ({ response, askedAt }: TimedResponse, clock: Clock): string {
  return JSON.stringify([Math.floor(clock.wall() - (clock.monotonic() - askedAt)), response])
}

/**
 * Reads the response in an entry. Its age is what the clocks say and their largest difference: it is never older than its
 * `askedAt` says.
 *
 * @param maxAge milliseconds by the clocks
 * @returns undefined for one that is too old, from the future, or no active answer at all
 */
export function deserializeResponse (text: string | undefined, maxAge: number, clock: Clock): LoadedResponse | undefined {
  if (text === undefined) return undefined
  const [askedAtWall, response] = JSON.parse(text) as [unknown, unknown]
  if (typeof askedAtWall !== 'number' || !isIntrospectionResponse(response) || !response.active) return undefined
  const age = clock.wall() - askedAtWall
  if (!(age >= 0 && age < maxAge)) return undefined
  return { response, askedAt: clock.monotonic() - age - CLOCK_SKEW_MS, askedAtWall }
}
