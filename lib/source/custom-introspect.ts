import { ZitadelError } from '../errors.ts'
import { OutageError, createUnavailableError } from '../failures.ts'
import { isIntrospectionResponse } from '../oauth/introspection.ts'
import type { Introspect } from '../client/introspection-client.ts'
import { DeadlineExceededError, withDeadline, type Deadline } from '../client/deadline.ts'
import type { Limiter } from '../client/limiter.ts'
import { toOutageError } from '../client/outage.ts'

/** Runs the call of a function, at once or as soon as limits allow. */
export type RunCall = Limiter['run']

/** Runs a call in any case. */
export const runAtOnce: RunCall = async (_isKnown, _subject, _deadline, work) => await work()

/**
 * Creates an {@link Introspect} that calls a function of the user, with the same timeout and checks as for a response of ZITADEL.
 *
 * @param timeout milliseconds
 * @param run throws what a {@link Limiter} does
 * @param onFailure called for each introspection without a response
 */
export function wrapCustomIntrospect (introspect: (token: string) => unknown, timeout: number, run: RunCall, onFailure: (error: ZitadelError) => void): Introspect {
  return async (token, { onSend, onUnconfirmed, subject }) => {
    let hasStarted = false
    const call = async (deadline: Deadline): Promise<unknown> => await run(onUnconfirmed !== undefined, subject, deadline, async () => {
      hasStarted = true
      onSend()
      return toPlainJson(await introspect(token))
    })
    const fail = (error: ZitadelError): never => {
      onFailure(error)
      throw error
    }
    const response = await withDeadline(timeout, call).catch((error: unknown) => {
      if (!hasStarted) return fail(error instanceof ZitadelError ? error : createUnavailableError(toOutageError(error, timeout, false)))
      return fail(createFailure(error instanceof DeadlineExceededError ? `introspect() gave no response within ${timeout} ms` : 'introspect() threw'))
    })
    return isIntrospectionResponse(response) ? response : fail(createFailure('introspect() did not return an introspection response', true))
  }
}

function createFailure (message: string, canBeCausedByCaller = false): ZitadelError {
  return createUnavailableError(new OutageError(message, 'check the function in the option "introspect"', canBeCausedByCaller))
}

/** Copies the response to plain JSON, because the result is frozen, and an object of the user must not be. */
function toPlainJson (response: unknown): unknown {
  return response === undefined ? undefined : JSON.parse(JSON.stringify(response))
}
