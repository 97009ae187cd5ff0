import type { FastifyRequest } from 'fastify'
import { ignoreRejection } from '../ignore-rejection.ts'
import type { Requirement } from './requirement.ts'

/** Undefined means any organization. `''`, in which no role is held, if the function of the route returns no id. */
export function resolveOrganization (request: FastifyRequest, { organization }: Requirement): string | undefined {
  if (typeof organization !== 'function') return organization
  try {
    const id: unknown = organization(request)
    if (typeof id === 'string') return id
    ignoreRejection(id)
    return ''
  } catch {
    return ''
  }
}
