import type { FastifyRequest } from 'fastify'
import { DECISION, type DecisionMessage } from '../channels.ts'
import { ZitadelError } from '../errors.ts'
import type { Verdict } from '../verdicts/verdict.ts'

/** Publishes a decision. `denial` is undefined if the request is allowed, `verdict` if the decision needed none. */
export type PublishDecision = (request: FastifyRequest, denial: Error | undefined, verdict: Verdict | undefined, isCached: boolean) => void

/**
 * @param publishSub whether messages name the user
 * @param now monotonic milliseconds
 */
export function createDecisionPublisher (registration: number, publishSub: boolean, now: () => number): PublishDecision {
  return (request, denial, verdict, isCached) => {
    const message: DecisionMessage = {
      registration,
      route: request.routeOptions.url,
      method: request.method,
      outcome: getOutcome(denial),
      code: denial instanceof ZitadelError ? denial.code : undefined,
      reason: denial instanceof ZitadelError ? denial.reason : undefined,
      source: verdict && getSource(verdict, isCached),
      age: verdict && now() - verdict.askedAt,
      sub: publishSub ? verdict?.sub : undefined
    }
    DECISION.publish(Object.freeze(message))
  }
}

function getOutcome (denial: (Error & { readonly statusCode?: unknown }) | undefined): DecisionMessage['outcome'] {
  if (denial === undefined) return 'allowed'
  const { statusCode } = denial
  return typeof statusCode === 'number' && statusCode < 500 ? 'denied' : 'failed'
}

function getSource ({ granted, isShared }: Verdict, isCached: boolean): DecisionMessage['source'] {
  if (granted?.token.stale === true) return 'stale'
  if (isCached) return 'memory'
  return isShared ? 'shared' : 'introspection'
}
