import { OutageError, createUnavailableError, type ZitadelError } from '../errors.ts'
import { isIntrospectionResponse } from '../oauth/introspection.ts'
import type { Introspect } from '../client/introspection-client.ts'
import { DeadlineExceededError, withDeadline } from '../client/deadline.ts'

/**
 * Creates an {@link Introspect} that calls a function of the user, with the same timeout and checks as for a response of ZITADEL.
 *
 * @param timeout milliseconds
 * @param onFailure called for each introspection without a response
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

/** Copies the response to plain JSON, because the result is frozen, and an object of the user must not be. */
function toPlainJson (response: unknown): unknown {
  return response === undefined ? undefined : JSON.parse(JSON.stringify(response))
}
