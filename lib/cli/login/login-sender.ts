import { toOutageError } from '../../client/outage.ts'
import { resolveProxy } from '../../options/proxy-config.ts'
import { type HttpCall, type CallResponse, sendCall } from '../http.ts'
import { LoginError } from './login-error.ts'

/** Milliseconds for one request. */
const TIMEOUT_MS = 10_000

/** Sends one request of a login. */
export type Send = (call: HttpCall) => Promise<CallResponse>

/**
 * Creates the function that sends requests, through the proxy of the environment if there is one.
 *
 * @throws LoginError if there is no response
 */
export function createSender (env: NodeJS.ProcessEnv): Send {
  return async (call) => {
    try {
      return await sendCall({ ...call, proxy: resolveProxy(new URL(call.url).origin, env)?.server }, TIMEOUT_MS)
    } catch (error) {
      throw new LoginError(`${toOutageError(error, TIMEOUT_MS).message}. Run fastify-zitadel doctor: it says why`)
    }
  }
}
