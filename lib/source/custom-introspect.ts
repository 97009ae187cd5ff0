import { OutageError, createUnavailableError, type ZitadelError } from '../errors.ts'
import { isIntrospectionResponse } from '../oauth/introspection.ts'
import type { Introspect } from '../client/introspection-client.ts'
import { DeadlineExceededError, withDeadline } from '../client/deadline.ts'

/**
 * An {@link Introspect} by a user's function, held to what the network is held to.
 *
 * @param timeout milliseconds
 * @param onFailure told of every question that got no response
 */
export function wrapCustomIntrospect (introspect: (token: string) => unknown, timeout: number, onFailure: (error: ZitadelError) => void): Introspect {
  return async (token, onSend) => {
    onSend()
    const fail = (message: string, canBeCausedByCaller = false): never => {
      const error = createUnavailableError(new OutageError(message, 'check the function in the option "introspect"', canBeCausedByCaller))
      onFailure(error)
      throw error
    }
    const response = await withDeadline(timeout, async () => toPlainJson(await introspect(token))).catch((error: unknown) =>
      fail(error instanceof DeadlineExceededError ? `introspect() gave no response within ${timeout} ms` : 'introspect() threw'))
    return isIntrospectionResponse(response) ? response : fail('introspect() did not return an introspection response', true)
  }
}

/** As if it had come over the wire: plain JSON, and nobody else's object that would be frozen. */
function toPlainJson (response: unknown): unknown {
  return response === undefined ? undefined : JSON.parse(JSON.stringify(response))
}
