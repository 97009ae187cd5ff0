import { ZitadelError } from '../../errors.ts'
import { ROUTE_KEYS } from '../../options/route-options.ts'
import { findGuardConfig, isGuardedByOtherCopy, resolveServedRule } from '../../guard/routes/guard-registry.ts'
import { describeRule, type RouteAccess } from '../../guard/rules/rule-description.ts'
import type { AnyApp, ServedRoute } from '../../guard/routes/served-routes.ts'
import { PAGE_PLUGINS } from '../../openapi/docs-pages.ts'
import type { ActiveToken } from '../../zitadel/active-token.ts'
import { createFailureWithCure, createFailure, createSuccess, createWarning, type Diagnosis } from '../diagnosis.ts'
import { describeError, findPlace } from '../user-code.ts'
import { describeCure, getReasonLink } from './denial-cures.ts'
import { probeRequest, type ProbedRequest, type TriedRequest } from './probe-request.ts'
import { formatRequirement } from './requirement-text.ts'

/** Milliseconds: long enough for hooks that ask another server. */
const TIMEOUT_MS = 10_000

/**
 * Checks whether an app allows a request, by which rule, and what would allow it. The guard of the app decides: the request
 * passes through its hooks, and its handler does not run.
 *
 * @param token undefined for a request without one
 * @param timeout milliseconds for the hooks
 */
export async function diagnoseAccess (app: AnyApp, request: TriedRequest, token: string | undefined, timeout: number = TIMEOUT_MS): Promise<Diagnosis[]> {
  const headers = { ...request.headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) }
  const probed = await probeRequest(app, { ...request, headers }, timeout)
  const { route, denial, otherMethods, status, failure } = probed
  if (failure?.isBeforeHooks) return [createFailure('route', 'app_failed', `The app fails before its hooks: ${describeError(failure.error)}${formatPlace(failure.error)}`)]
  if (route === undefined) {
    // Middleware, a hook, the router or `unmatched: 'protected'` can give another response than the not-found handler.
    const answer = failure !== undefined
      ? `, and the app ends the connection without a response${formatPlace(failure.error)}`
      : status === 404 || status === undefined ? '' : `, and the app answers ${status}`
    const methods = otherMethods.length === 0 ? '' : `. The URL is served for ${otherMethods.join(', ')}`
    return [createFailure('route', 'route_unknown', `No route matches${answer}${methods}`)]
  }
  const found = createSuccess('route', `The route is ${route.method} ${route.url}`)
  if (isGuardedByOtherCopy(app, route)) return [found, createFailure('rule', 'other_copy', 'Another copy of fastify-zitadel guards the route, whose rules are not known here')]
  const access = findAccess(app, route)
  if (access instanceof Error) return [found, createFailure('rule', 'option_wrong', access.message)]
  return [
    found,
    diagnoseRule(access, route),
    ...await diagnoseCaller(probed, token),
    ...isGuardedPage(probed, access) ? [createWarning('rule', 'docs_page_guarded', 'This looks like a route of a docs page, and a browser sends no token')] : [],
    diagnoseDecision(probed, denial, access)
  ]
}

/** Undefined if the route is outside of the scope of every guard, an error for a wrong declaration. */
function findAccess (app: AnyApp, route: ServedRoute): RouteAccess | Error | undefined {
  const guard = findGuardConfig(app, route)
  try {
    return guard && describeRule(resolveServedRule(guard, route))
  } catch (error) {
    return error as Error
  }
}

function isDeclared ({ context: { config } }: ServedRoute): boolean {
  return ROUTE_KEYS.some((key) => Object.hasOwn(config, key))
}

function diagnoseRule (access: RouteAccess | undefined, route: ServedRoute): Diagnosis {
  if (access === undefined) return createWarning('rule', 'route_unguarded', 'The route is outside of the scope of fastify-zitadel')
  const source = isDeclared(route) ? '' : ', because it declares nothing and the option "undeclaredRoutes" decides'
  switch (access.access) {
    case 'public': return createSuccess('rule', `It needs no token${source}`)
    case 'optional': return createSuccess('rule', 'A token is checked if there is one')
    case 'own': return createSuccess('rule', 'Hooks of the app decide (access: \'own\')')
    default: return createSuccess('rule', `It requires ${formatRequirement(access) || 'any active token'}${source}`)
  }
}

/** What the caller holds, if the token is active. */
async function diagnoseCaller ({ scope, denial, isAllowed }: ProbedRequest, token: string | undefined): Promise<Diagnosis[]> {
  const isActive = isAllowed || (denial as Partial<ZitadelError> | undefined)?.statusCode === 403
  if (token === undefined || !isActive || !scope!.hasDecorator('zitadel')) return []
  // The decision is made already. If it was not kept, this asks ZITADEL again, and there can be an outage meanwhile.
  const active = await scope!.zitadel.introspect(token).catch(() => null)
  return active === null ? [] : [createSuccess('caller', `The caller holds ${formatRoles(active)}. Scopes of the token: ${[...active.scopes].sort().join(' ') || 'none'}`)]
}

function formatRoles ({ roles }: ActiveToken): string {
  const held = Object.entries(roles).map(([role, organizations]) => `${role} (organization ${Object.keys(organizations).sort().join(', ')})`)
  return held.length === 0 ? 'no role in this project' : `the roles ${held.sort().join(', ')}`
}

function isGuardedPage ({ denial, route, scope }: ProbedRequest, access: RouteAccess | undefined): boolean {
  const { hide } = (route!.context.schema ?? {}) as { hide?: unknown }
  return denial !== undefined && access?.access === 'guarded' && !isDeclared(route!) && hide === true && PAGE_PLUGINS.some((name) => scope!.hasPlugin(name))
}

function formatPlace (error: unknown): string {
  const place = findPlace(error)
  return place === undefined ? '' : ` (${place})`
}

function diagnoseDecision ({ isAllowed, status, failure }: ProbedRequest, denial: Error | undefined, access: RouteAccess | undefined): Diagnosis {
  if (isAllowed) return createSuccess('access', 'Allowed')
  // Without the message of the error, which can hold a secret.
  if (failure !== undefined) return createFailure('access', 'refused_by_app', `A hook of the app ends the connection without a response${formatPlace(failure.error)}`)
  if (!(denial instanceof ZitadelError)) return createFailure('access', 'refused_by_app', status === undefined ? 'A hook of the app gives no response' : `A hook of the app answers ${status}`)
  const { code, reason, statusCode, message, cause } = denial
  const detail = cause instanceof Error ? cause.message : message
  if (reason === undefined) return createFailure('access', 'not_decided', `Nothing is decided (${statusCode} ${code}): ${detail}`)
  return createFailureWithCure('access', `Denied (${statusCode} ${code}, ${reason}): ${detail}`, describeCure(reason, access ?? {}), getReasonLink(reason, statusCode), reason)
}
