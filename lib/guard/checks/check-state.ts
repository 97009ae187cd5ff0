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

function getOrCreateCheckState (request: CheckedRequest): CheckState {
  request[CHECK_STATE] ??= { pending: new Set(), hasFailed: false }
  return request[CHECK_STATE]
}
