import { toRequestError } from './denials/request-error.ts'
import type { AccessCheck, AccessChecks } from './checks/access-checks.ts'
import { getAccessContext, listContexts, setAccessContext, type AccessContext } from './checks/access-context.ts'
import { composeStrategies } from './auth-composition.ts'
import { findDenial } from './checks/context-check.ts'
import { forgetStrategyDenial } from './denials/strategy-denial.ts'
import { endCheck, failRequest, type GuardHook } from './denials/denial.ts'
import { isHandlingError } from './denials/error-hooks.ts'
import { handleUpgradeErrors } from './denials/upgrade.ts'

/**
 * Milliseconds by which a verdict that allowed a request may exceed the age that the route accepts, when the body has been read and
 * when a stream opens: long enough for ordinary uploads.
 */
export const BODY_GRACE_MS = 5000

/** How long a body must take until the expiry is checked again. Most requests have none, and a check reads the clock. */
const EXPIRY_RECHECK_MS = 50

/**
 * Creates the second check, after the body: a token can expire or be revoked during an upload. All requirements that let the
 * request in are checked again.
 *
 * It composes the strategies of @fastify/auth that a requirement needs: one for the token, one for scopes, one for roles, one for tools.
 *
 * @param monotonic milliseconds
 */
export function createSecondCheck ({ active, unexpired, scopes, roles }: AccessChecks, tools: AccessCheck, monotonic: () => number): GuardHook {
  const checkScopes = createStrategy(scopes)
  const checkRoles = createStrategy(roles)
  const checkTools = createStrategy(tools)
  const checkToken: GuardHook = (request, reply, done) => {
    const context = getAccessContext(request)!
    // A hook may have called `forget` in the meantime.
    if (context.isPassing && context.previous === undefined && !context.introspector.isPossiblyOutdated(context.verdict)) return endCheck(request, reply, undefined, done)
    const now = monotonic()
    // Only an active verdict allows a request, and an expired token needs no introspection.
    const denial = now - context.checkedAt < EXPIRY_RECHECK_MS ? undefined : findDenial(unexpired, request, context)
    if (denial !== undefined || !isOutdated(context, now)) return endCheck(request, reply, denial, done)
    const endHandling = handleUpgradeErrors(request)
    renewVerdicts(context, monotonic)
      .finally(endHandling)
      .then((renewed) => {
        setAccessContext(request, renewed)
        return findDenial(active, request, renewed) ?? findDenial(unexpired, request, renewed)
      })
      .catch(toRequestError)
      .then((denial) => { if (!isHandlingError(reply)) endCheck(request, reply, denial, done) })
      .catch((error: unknown) => { failRequest(request, reply, error) })
  }
  const compositions = [
    [], [checkScopes], [checkRoles], [checkScopes, checkRoles],
    [checkTools], [checkScopes, checkTools], [checkRoles, checkTools], [checkScopes, checkRoles, checkTools]
  ].map((grants) => composeStrategies([checkToken, ...grants]))
  return (request, reply, done) => {
    forgetStrategyDenial(reply)
    const context = getAccessContext(request)
    if (context === undefined) return done()
    compositions[getKind(context)]!(request, reply, done)
  }
}

/** The index of the composition. */
function getKind ({ requirement, previous }: AccessContext): number {
  if (previous !== undefined) return 7
  return (requirement.scopes.length > 0 ? 1 : 0) + (requirement.roles.length > 0 ? 2 : 0) + (requirement.tools === undefined ? 0 : 4)
}

function createStrategy (check: AccessCheck): GuardHook {
  return (request, reply, done) => endCheck(request, reply, findDenial(check, request, getAccessContext(request)!), done)
}

function isOutdated ({ introspector, token, verdict, requirement, previous }: AccessContext, now: number): boolean {
  return introspector.isOutdated(token, verdict, requirement.maxAge, BODY_GRACE_MS, now) || (previous !== undefined && isOutdated(previous, now))
}

/** One introspection for each token and registration, as young as the strictest of the requirements demands. */
async function renewVerdicts (context: AccessContext, monotonic: () => number): Promise<AccessContext> {
  const contexts = listContexts(context).reverse()
  const maxAge = Math.min(...contexts.map(({ requirement }) => requirement.maxAge))
  const renewed: AccessContext[] = []
  for (const { introspector, token, requirement } of contexts) {
    const same = renewed.find((each) => each.introspector === introspector && each.token === token)
    const verdict = same === undefined ? await introspector.getVerdict(token, maxAge) : same.verdict
    renewed.push({ token, verdict, introspector, requirement, checkedAt: monotonic(), previous: renewed.at(-1), isPassing: false })
  }
  return renewed.at(-1)!
}
