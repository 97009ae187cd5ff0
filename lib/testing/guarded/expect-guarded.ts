import { AssertionError } from 'node:assert'
import type { RouteRule } from '../../guard/route-rules.ts'
import { OTHER_COPY_PROBLEM, findGuard, isGuardedByOtherCopy, listGuards, resolveServedRule } from '../../guard/guard-registry.ts'
import { createRow, sortRows, type RouteRow } from '../../guard/route-table.ts'
import { describeRule, type RouteAccess } from '../../guard/rule-description.ts'
import { listServedRoutes, type AnyApp, type ServedRoute } from '../../guard/served-routes.ts'
import { probeRoute, type ProbeResult } from './probe.ts'

/** The table of routes, and what is wrong with some of them. */
export interface RouteInspection {
  readonly rows: RouteRow[]
  /** One line for each route that a request without a token can reach by mistake. Sorted. */
  readonly problems: string[]
}

/**
 * Proves that each route refuses a request without a token, and returns who may call what. Routes that declare `access: 'public'` or
 * `'optional'` are listed and not requested. Every other route gets a request: its hooks run, its handler does not.
 *
 * A HEAD route with the same access as the GET route has no row.
 *
 * @param app is made ready if it is not
 * @returns rows, sorted by URL and method
 * @throws TypeError if `app` is no Fastify instance
 * @throws AssertionError names each route that a request without a token can reach, and what to write
 *
 * @example
 * const app = await build()
 * console.table(await expectGuarded(app))
 */
export async function expectGuarded (app: AnyApp): Promise<RouteRow[]> {
  if (typeof (app as Partial<AnyApp> | null)?.ready !== 'function') throw new TypeError('expectGuarded(): "app" must be a Fastify instance. If a function builds it, call the function and await its promise')
  const { rows, problems } = await inspectRoutes(app)
  if (problems.length === 0) return rows
  const isRegistered = listGuards(app.server).size > 0 || problems.some((problem) => problem.endsWith(OTHER_COPY_PROBLEM))
  const none = !isRegistered ? '\nfastify-zitadel is not registered on this server.' : ''
  throw new AssertionError({ message: `A request without a token is not denied by ${problems.length} ${problems.length === 1 ? 'route' : 'routes'}:${none}\n${problems.map((problem) => `  ${problem}`).join('\n')}` })
}

/** Long enough for hooks that call another server. */
const TIMEOUT_MS = 5000

/**
 * Like {@link expectGuarded}, but returns the problems instead of throwing.
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

const OUTSIDE_SCOPE = 'it is outside of the scope of fastify-zitadel. Register the plugin on the root instance or on a scope around the route, or write config: { access: \'public\' }'
const OPEN_BY_DEFAULT = 'it declares nothing, and the option undeclaredRoutes: \'public\' leaves it open. Write config: { roles: [...] }, or config: { access: \'public\' } if it needs no token'
const OPEN_OWN = 'it declares access: \'own\', and none of its hooks refuses the request. Add app.auth([...]) as a hook, or write config: { access: \'public\' } if it needs no token'
const OPEN_GUARDED = 'its config requires a token, and the request passes. Look for a hook that changes its config or its hooks'

async function inspectRoute (app: AnyApp, route: ServedRoute, probe: () => Promise<ProbeResult>): Promise<RouteFinding> {
  const guard = findGuard(app, route)
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

/** @returns undefined if the request was denied */
function describeProblem ({ isHandlerReached, status }: ProbeResult, open: string): string | undefined {
  if (isHandlerReached) return open
  if (status === undefined) return 'a hook gives no response, so nothing is proven'
  if (status < 400) return `a hook answers ${status} without a token. Move the hook behind the guard, or write config: { access: 'public' }`
  if (status === 429 || status >= 500) return `a hook answers ${status} before the guard, so nothing is proven. Turn the hook off for this test`
  return undefined
}
