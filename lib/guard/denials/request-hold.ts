import type { FastifyReply, FastifyRequest } from 'fastify'
import type { CheckState } from '../checks/check-state.ts'
import { failRequest } from './denial.ts'
import { isHandlingError } from './error-hooks.ts'

/**
 * Holds a request that must not reach its handler now: until the checks that wait let it in, or permanently, if it has failed.
 *
 * @param done denies the request
 * @param pass continues
 * @returns false if nothing holds it
 */
export function holdRequest (state: CheckState, request: FastifyRequest, reply: FastifyReply, done: (denial: Error) => void, pass: () => void): boolean {
  // An error handler may have passed a failed request to the not-found handler, by reply.callNotFound().
  if (state.pending.size === 0) return state.hasFailed && !request.is404
  logEarlyPass(request)
  Promise.all(state.pending).then((denials) => {
    if (isHandlingError(reply)) return
    const denial = denials.find((each) => each !== undefined)
    if (denial === undefined) pass()
    else if (!state.hasFailed) done(denial)
  }).catch((error: unknown) => { failRequest(request, reply, error) })
  return true
}

/** Writes the line of a hook that does not wait for a check: a verdict that is cached later would let its requests in. */
function logEarlyPass (request: FastifyRequest): void {
  const { method, routeOptions: { url: route } } = request
  request.log.error({ method, route }, 'fastify-zitadel: a hook has passed the request on before a check of its token ended, so the request waits. Call back once in each hook, and wait for strategies of app.zitadel.require(): a denial that a hook ignores lets the request in')
}
