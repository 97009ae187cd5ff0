import { Outage, unavailable, type ZitadelError } from '../errors.ts'
import { isIntrospectionResponse } from '../oauth/introspection.ts'
import type { Introspect } from '../client/introspection-client.ts'
import { DeadlineExceeded, withDeadline } from '../client/deadline.ts'

/**
 * An {@link Introspect} by a user's function, held to what the network is held to.
 *
 * @param timeout milliseconds
 * @param onFailure told of every question that got no response
 */
export function substitute (introspect: (token: string) => unknown, timeout: number, onFailure: (error: ZitadelError) => void): Introspect {
  return async (token, sending) => {
    sending()
    const fail = (observed: string, provokable = false): never => {
      const error = unavailable(new Outage(observed, 'check the function in the option "introspect"', provokable))
      onFailure(error)
      throw error
    }
    const response = await withDeadline(timeout, async () => copy(await introspect(token))).catch((error: unknown) =>
      fail(error instanceof DeadlineExceeded ? `introspect() gave no response within ${timeout} ms` : 'introspect() threw'))
    return isIntrospectionResponse(response) ? response : fail('introspect() gave something that is no introspection response', true)
  }
}

/** As if it had come over the wire: plain JSON, and nobody else's object that would be frozen. */
function copy (response: unknown): unknown {
  return response === undefined ? undefined : JSON.parse(JSON.stringify(response))
}
