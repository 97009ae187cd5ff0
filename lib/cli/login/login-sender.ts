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
 * @returns a function that throws a LoginError if there is no response, and a ZitadelError `FST_ZITADEL_OPTION` if the variable of the proxy is wrong
 */
export function createSender (env: NodeJS.ProcessEnv): Send {
  return async (call) => {
    const proxy = resolveProxy(new URL(call.url).origin, env)?.server
    try {
      return await sendCall({ ...call, proxy }, TIMEOUT_MS)
    } catch (error) {
      throw new LoginError(`${toOutageError(error, TIMEOUT_MS).message}. Run fastify-zitadel doctor: it says why`)
    }
  }
}
