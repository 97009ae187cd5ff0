import type { FastifyRequest } from 'fastify'
import type { DenialReason, ZitadelError } from '../../errors.ts'
import { findOtherIssuer } from '../../oauth/token-issuer.ts'
import type { Introspector } from '../../verdicts/introspector.ts'
import { isSessionToken } from '../../zitadel/token-id.ts'
import { hasRequiredRoles, hasRequiredScopes } from './grants-check.ts'
import { findGrantsDenial } from './grants-denial.ts'
import type { BearerErrorsFinder } from '../denials/bearer-errors.ts'
import type { ResourceFinder } from './resource-finder.ts'
import type { AccessContext } from './access-context.ts'
import { getOrganizationProblem, resolveOrganization } from './required-organization.ts'

/** Returns the denial of a request; undefined if it may continue. */
export type AccessCheck = (request: FastifyRequest, context: AccessContext) => ZitadelError | undefined

/** @param wall milliseconds since 1970, if they were just read */
export type ExpiryCheck = (request: FastifyRequest, context: AccessContext, wall?: number) => ZitadelError | undefined

/** The checks, in their order. None of them waits. */
export interface AccessChecks {
  readonly active: AccessCheck
  readonly unexpired: ExpiryCheck
  readonly scopes: AccessCheck
  readonly roles: AccessCheck
}

/** The checks of routes whose requirement has `tools`: which tools of an MCP server a request calls, and what they require. */
export interface ToolChecks {
  /** Before the body is read. */
  readonly early: AccessCheck
  /** After the body was parsed. Decides. */
  readonly late: AccessCheck
}

/** Creates the checks of tools. The composition passes it in, because the guard does not depend on the protocol. */
export type CreateToolChecks = (checks: AccessChecks, findErrors: BearerErrorsFinder) => ToolChecks

/**
 * @param findResource undefined if there is no resource. Resources accept no personal access token, unless their option says otherwise
 * @param issuer of ZITADEL; undefined if it is unknown
 * @param own the introspector of this registration. A token of another registration was checked by the strategy of that registration,
 *   whose rules are not known here
 * @param now milliseconds since 1970
 */
export function createAccessChecks (findErrors: BearerErrorsFinder, findResource: ResourceFinder | undefined, issuer: string | undefined, own: Introspector, now: () => number): AccessChecks {
  const createTokenDenial = (request: FastifyRequest, { token, introspector }: AccessContext, reason: DenialReason): ZitadelError => {
    const other = reason === 'token_inactive' && issuer !== undefined && introspector === own ? findOtherIssuer(token, issuer) : undefined
    return other === undefined ? findErrors(request).invalidToken(reason) : findErrors(request).invalidToken('other_issuer', other && `iss: ${other}`)
  }
  const checkGrants = (request: FastifyRequest, { verdict, requirement }: AccessContext, hasGrants: typeof hasRequiredScopes): ZitadelError | undefined => {
    const grants = verdict.granted!.grants
    const organization = resolveOrganization(request, requirement)
    if (hasGrants(requirement, grants, organization)) return undefined
    const { scopes, reason, required } = findGrantsDenial(requirement, grants, organization)
    return findErrors(request).insufficientGrants(scopes, reason, reason === 'organization_unknown' ? getOrganizationProblem(request) : required)
  }
  return {
    active: (request, context) => {
      const { verdict, introspector } = context
      if (verdict.granted === undefined) return createTokenDenial(request, context, verdict.reason!)
      if (findResource === undefined || isSessionToken(verdict.jti) || introspector !== own || findResource(request)?.personalAccessTokens !== false) return undefined
      return findErrors(request).invalidToken('personal_access_token')
    },
    unexpired: (request, { verdict }, wall = now()) => wall < verdict.expiresAt ? undefined : findErrors(request).invalidToken('token_expired'),
    // Each reads its own property, because reading one whose name is a parameter takes longer.
    scopes: (request, context) => isMet(context, context.requirement.scopes) ? undefined : checkGrants(request, context, hasRequiredScopes),
    roles: (request, context) => isMet(context, context.requirement.roles) ? undefined : checkGrants(request, context, hasRequiredRoles)
  }
}

/** Whether nothing is required, or the verdict has met the same requirement before. */
function isMet ({ verdict, requirement }: AccessContext, sets: readonly unknown[]): boolean {
  return sets.length === 0 || verdict.metRequirement === requirement
}
