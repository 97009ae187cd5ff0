import type { FastifyRequest } from 'fastify'
import { toRequestError } from '../denials/request-error.ts'
import type { AccessCheck, AccessChecks } from './access-checks.ts'
import type { AccessContext } from './access-context.ts'

/** Checks all requirements that allowed a request. Returns the denial; undefined if the request may continue. */
export type ContextCheck = (request: FastifyRequest, context: AccessContext) => Error | undefined

/** Runs a check for all requirements that allowed a request. An error that it throws is ours: @fastify/auth would make a 401 of it. */
export function findDenial (check: AccessCheck, request: FastifyRequest, context: AccessContext): Error | undefined {
  try {
    return checkEach(check, request, context)
  } catch (error) {
    return toRequestError(error)
  }
}

function checkEach (check: AccessCheck, request: FastifyRequest, context: AccessContext): Error | undefined {
  return check(request, context) ?? (context.previous && checkEach(check, request, context.previous))
}

/** Creates the check of a request that was allowed before, with later verdicts. */
export function createContextCheck ({ active, unexpired, scopes, roles }: AccessChecks, tools: AccessCheck): ContextCheck {
  return (request, context) => {
    for (const check of [active, unexpired, scopes, roles, tools]) {
      const denial = findDenial(check, request, context)
      if (denial !== undefined) return denial
    }
    return undefined
  }
}
