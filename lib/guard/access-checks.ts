import type { FastifyRequest } from 'fastify'
import type { ZitadelError } from '../errors.ts'
import type { Verdict } from '../verdicts/verdict.ts'
import type { Grants } from '../zitadel/grants.ts'
import { getScopesToRequest, hasRequiredRoles, hasRequiredScopes } from './grants-check.ts'
import { ignoreRejection } from './ignore-rejection.ts'
import type { BearerErrors } from './bearer-errors.ts'
import type { Requirement } from './requirement.ts'

/** What a request presents, what is believed of it, and what it is measured by. */
export interface AccessContext {
  readonly token: string
  readonly verdict: Verdict
  readonly requirement: Requirement
}

/** One question to a use; the answer is why not. */
export type AccessCheck = (request: FastifyRequest, use: AccessContext) => ZitadelError | undefined

/** The questions whose answers are in memory, in the order in which they are asked. */
export interface AccessChecks {
  readonly active: AccessCheck
  readonly unexpired: AccessCheck
  readonly scopes: AccessCheck
  readonly roles: AccessCheck
}

/** @param now milliseconds since 1970 */
export function createAccessChecks (refusals: BearerErrors, now: () => number): AccessChecks {
  const createGrantsCheck = (hasGrants: typeof hasRequiredScopes): AccessCheck => (request, { verdict, requirement }) => {
    const grants = getGrants(verdict)
    const organization = resolveOrganization(request, requirement)
    return hasGrants(requirement, grants, organization) ? undefined : refusals.insufficientGrants(getScopesToRequest(requirement, grants, organization), organization === '' ? 'the function "organization" of this route threw, or gave no id' : undefined)
  }
  return {
    active: (_request, { verdict }) => verdict.granted === undefined ? refusals.invalidToken(verdict.reason) : undefined,
    unexpired: (_request, { verdict }) => now() < verdict.expiresAt ? undefined : refusals.invalidToken('it has expired'),
    scopes: createGrantsCheck(hasRequiredScopes),
    roles: createGrantsCheck(hasRequiredRoles)
  }
}

function getGrants (verdict: Verdict): Grants {
  return verdict.granted!.grants
}

/** Undefined for any organisation; '', in which nobody holds anything, where the one that is meant cannot be told. */
function resolveOrganization (request: FastifyRequest, { organization }: Requirement): string | undefined {
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
