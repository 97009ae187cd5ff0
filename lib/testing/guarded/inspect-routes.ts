import type { RouteRule } from '../../guard/rules/route-rules.ts'
import { OTHER_COPY_PROBLEM, findGuardConfig, isGuardedByOtherCopy, resolveServedRule } from '../../guard/routes/guard-registry.ts'
import { createRow, sortRows, type RouteRow } from '../../guard/routes/route-table.ts'
import { describeRule, type RouteAccess } from '../../guard/rules/rule-description.ts'
import { listServedRoutes, type AnyApp, type ServedRoute } from '../../guard/routes/served-routes.ts'
import { probeRoute, type ProbeResult } from './probe.ts'
import { OUTSIDE_SCOPE, OPEN_BY_DEFAULT, OPEN_OWN, OPEN_GUARDED, describeProblem } from './route-problems.ts'

/** The table of routes, and what is wrong with some of them. */
export interface RouteInspection {
  readonly rows: RouteRow[]
  /** One line for each route that a request without a token can reach by mistake. Sorted. */
  readonly problems: string[]
}

/** Long enough for hooks that call another server. */
const TIMEOUT_MS = 5000

/**
 * Lists who may call what, and the routes that a request without a token can reach.
 *
 * @param timeout milliseconds for the hooks of one route
 */
export async function inspectRoutes (app: AnyApp, timeout: number = TIMEOUT_MS): Promise<RouteInspection> {
  await app.ready()
  const rows: RouteRow[] = []
  const problems: string[] = []
  for (const [index, route] of listServedRoutes(app).entries()) {
    const { access, problem } = await inspectRoute(app, route, async () => await probeRoute(route, index + 1, timeout))
    rows.push(createRow(route, access))
    if (problem !== undefined) problems.push(`${route.method} ${route.url}: ${problem}`)
  }
  return { rows: sortRows(rows), problems: problems.sort() }
}

interface RouteFinding {
  readonly access: RouteAccess
  readonly problem?: string | undefined
}

async function inspectRoute (app: AnyApp, route: ServedRoute, probe: () => Promise<ProbeResult>): Promise<RouteFinding> {
  const guard = findGuardConfig(app, route)
  if (isGuardedByOtherCopy(app, route)) return { access: { access: 'own' }, problem: OTHER_COPY_PROBLEM }
  if (guard === undefined) {
    const { access } = route.context.config as { access?: RouteAccess['access'] }
    if (access === 'public' || access === 'optional') return { access: { access } }
    return { access: { access: 'own' }, problem: describeProblem(await probe(), OUTSIDE_SCOPE) }
  }
  let rule: RouteRule
  try {
    rule = resolveServedRule(guard, route)
  } catch (error) {
    return { access: { access: 'guarded' }, problem: `it answers 500. ${(error as Error).message}` }
  }
  const access = describeRule(rule)
  if (rule.access === 'public' && guard.undeclaredRoutes === 'public' && !Object.hasOwn(route.context.config, 'access')) return { access, problem: OPEN_BY_DEFAULT }
  if (rule.access === 'public' || rule.access === 'optional') return { access }
  return { access, problem: describeProblem(await probe(), rule.access === 'own' ? OPEN_OWN : OPEN_GUARDED) }
}
