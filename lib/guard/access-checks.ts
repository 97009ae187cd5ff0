import type { FastifyRequest } from 'fastify'
import type { ZitadelError } from '../errors.ts'
import type { Verdict } from '../verdicts/verdict.ts'
import type { Grants } from '../zitadel/grants.ts'
import { cure, holdsRoles, holdsScopes } from './grants-check.ts'
import { leaveBehind } from './ignore-rejection.ts'
import type { Refusals } from './bearer-errors.ts'
import type { Requirement } from './requirement.ts'

/** What a request presents, what is believed of it, and what it is measured by. */
export interface Use {
  readonly token: string
  readonly verdict: Verdict
  readonly requirement: Requirement
}

/** One question to a use; the answer is why not. */
export type Check = (request: FastifyRequest, use: Use) => ZitadelError | undefined

/** The questions whose answers are in memory, in the order in which they are asked. */
export interface Checks {
  readonly active: Check
  readonly exp: Check
  readonly scopes: Check
  readonly roles: Check
}

/** @param now milliseconds since 1970 */
export function checks (refusals: Refusals, now: () => number): Checks {
  const held = (holds: typeof holdsScopes): Check => (request, { verdict, requirement }) => {
    const grants = grantsOf(verdict)
    const organization = organizationOf(request, requirement)
    return holds(requirement, grants, organization) ? undefined : refusals.insufficient(cure(requirement, grants, organization), organization === '' ? 'the function "organization" of this route threw, or gave no id' : undefined)
  }
  return {
    active: (_request, { verdict }) => verdict.granted === undefined ? refusals.invalidToken(verdict.why) : undefined,
    exp: (_request, { verdict }) => now() < verdict.expiresAt ? undefined : refusals.invalidToken('it has expired'),
    scopes: held(holdsScopes),
    roles: held(holdsRoles)
  }
}

function grantsOf (verdict: Verdict): Grants {
  return verdict.granted!.grants
}

/** Undefined for any organisation; '', in which nobody holds anything, where the one that is meant cannot be told. */
function organizationOf (request: FastifyRequest, { organization }: Requirement): string | undefined {
  if (typeof organization !== 'function') return organization
  try {
    const id: unknown = organization(request)
    if (typeof id === 'string') return id
    leaveBehind(id)
    return ''
  } catch {
    return ''
  }
}
