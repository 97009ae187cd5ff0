import type { FastifyRequest } from 'fastify'

/** Resolves to the denial of a request; undefined if it may continue. Never rejects. */
export type PendingCheck = Promise<Error | undefined>

/**
 * Which checks of a request have not let it in. The second check reads it, because a request can arrive there without an earlier
 * check: a hook that calls back twice, or does not wait for a strategy, passes the request on while a check waits for ZITADEL.
 */
export interface CheckState {
  readonly pending: Set<PendingCheck>
  /** Whether the request was denied, or has failed with another error, so that its response is under way. */
  hasFailed: boolean
}

/** The key of the state in a request. The plugin decorates requests with it, so that setting it does not change their shape. */
export const CHECK_STATE = Symbol('fastify-zitadel.checks')
type CheckedRequest = FastifyRequest & { [CHECK_STATE]?: CheckState }

/** Undefined if no check has waited for ZITADEL, and the request has not failed. */
export function getCheckState (request: FastifyRequest): CheckState | undefined {
  return (request as CheckedRequest)[CHECK_STATE]
}

/** Records a check that waits. Returns a function that removes it. */
export function addPendingCheck (request: FastifyRequest, check: PendingCheck): () => void {
  const { pending } = getOrCreateCheckState(request)
  pending.add(check)
  return () => { pending.delete(check) }
}

export function setFailed (request: FastifyRequest): void {
  getOrCreateCheckState(request).hasFailed = true
}

/**
 * Holds a request that must not reach its handler now: until the checks that wait let it in, or permanently, if it has failed.
 *
 * @param done denies the request
 * @param pass continues
 * @returns false if nothing holds it
 */
export function holdRequest (state: CheckState, request: FastifyRequest, done: (denial: Error) => void, pass: () => void): boolean {
  // An error handler may have passed a failed request to the not-found handler, by reply.callNotFound().
  if (state.pending.size === 0) return state.hasFailed && !request.is404
  logEarlyPass(request)
  Promise.all(state.pending).then((denials) => {
    const denial = denials.find((each) => each !== undefined)
    if (denial === undefined) pass()
    else if (!state.hasFailed) done(denial)
  })
  return true
}

function getOrCreateCheckState (request: CheckedRequest): CheckState {
  request[CHECK_STATE] ??= { pending: new Set(), hasFailed: false }
  return request[CHECK_STATE]
}

/** Writes the line of a hook that does not wait for a check: a verdict that is cached later would let its requests in. */
function logEarlyPass (request: FastifyRequest): void {
  const { method, routeOptions: { url: route } } = request
  request.log.error({ method, route }, 'fastify-zitadel: a hook has passed the request on before a check of its token ended, so the request waits. Call back once in each hook, and wait for strategies of app.zitadel.require(): a denial that a hook ignores lets the request in')
}
