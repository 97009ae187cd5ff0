import type { FastifyRequest } from 'fastify'
import { ignoreRejection } from '../../ignore-rejection.ts'
import type { Requirement } from '../rules/requirement.ts'

/** Why the function of a route gave no id for a request. */
const problems = new WeakMap<FastifyRequest, string>()

/** Undefined means any organization. `''`, in which no role is held, if the function of the route returns no id. */
export function resolveOrganization (request: FastifyRequest, { organization }: Requirement): string | undefined {
  if (typeof organization !== 'function') return organization
  try {
    const id: unknown = organization(request)
    if (typeof id === 'string' && id !== '') return id
    ignoreRejection(id)
    problems.set(request, id instanceof Promise ? 'it returned a promise' : id === '' ? 'it returned an empty string' : `it returned no string, but ${id === null ? 'null' : typeof id}`)
  } catch (error) {
    // The error itself can contain what the request contains, such as the token.
    problems.set(request, error instanceof TypeError ? 'it threw a TypeError' : 'it threw an error')
  }
  return ''
}

/** Why the function gave no id for a request that was denied for it, for the log of this API. */
export function getOrganizationProblem (request: FastifyRequest): string {
  return problems.get(request)!
}
