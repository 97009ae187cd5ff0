import type { FastifyRequest } from 'fastify'
import type { ZitadelError } from '../errors.ts'
import type { Verdict } from '../verdicts/verdict.ts'
import type { Grants } from '../zitadel/grants.ts'
import { getScopesToRequest, hasRequiredRoles, hasRequiredScopes } from './grants-check.ts'
import { ignoreRejection } from './ignore-rejection.ts'
import type { BearerErrorsFinder } from './bearer-errors.ts'
import type { AccessContext } from './access-context.ts'
import type { Requirement } from './requirement.ts'

/** Returns the reason to deny the request, or undefined. */
export type AccessCheck = (request: FastifyRequest, context: AccessContext) => ZitadelError | undefined

/** The checks, in their order. None of them waits. */
export interface AccessChecks {
  readonly active: AccessCheck
  readonly unexpired: AccessCheck
  readonly scopes: AccessCheck
  readonly roles: AccessCheck
}

/** @param now milliseconds since 1970 */
export function createAccessChecks (findErrors: BearerErrorsFinder, now: () => number): AccessChecks {
  const createGrantsCheck = (key: 'scopes' | 'roles', hasGrants: typeof hasRequiredScopes): AccessCheck => (request, { verdict, requirement }) => {
    if (requirement[key].length === 0) return undefined
    const grants = getGrants(verdict)
    const organization = resolveOrganization(request, requirement)
    return hasGrants(requirement, grants, organization) ? undefined : findErrors(request).insufficientGrants(getScopesToRequest(requirement, grants, organization), organization === '' ? 'the function "organization" of this route threw, or gave no id' : undefined)
  }
  return {
    active: (request, { verdict }) => verdict.granted === undefined ? findErrors(request).invalidToken(verdict.reason) : undefined,
    unexpired: (request, { verdict }) => now() < verdict.expiresAt ? undefined : findErrors(request).invalidToken('it has expired'),
    scopes: createGrantsCheck('scopes', hasRequiredScopes),
    roles: createGrantsCheck('roles', hasRequiredRoles)
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
