import { unavailable } from '../errors.ts'
import { isIntrospectionResponse } from '../oauth/introspection.ts'
import type { Introspect } from './client.ts'
import { DeadlineExceeded, withDeadline } from './deadline.ts'

/**
 * An {@link Introspect} by a user's function, held to what the network is held to.
 *
 * @param timeout milliseconds
 */
export function substitute (introspect: (token: string) => unknown, timeout: number): Introspect {
  return async (token, sending) => {
    sending()
    const response = await withDeadline(timeout, async () => copy(await introspect(token))).catch((error: unknown) => {
      throw unavailable(error instanceof DeadlineExceeded ? `introspect() gave no response within ${timeout} ms` : 'introspect() threw')
    })
    if (!isIntrospectionResponse(response)) throw unavailable('introspect() gave something that is no introspection response')
    return response
  }
}

/** As if it had come over the wire: plain JSON, and nobody else's object that would be frozen. */
function copy (response: unknown): unknown {
  return response === undefined ? undefined : JSON.parse(JSON.stringify(response))
}
