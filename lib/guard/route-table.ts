import type { AllOrAny } from '../options/route-options.ts'
import { listHookNames } from './guarded-scope.ts'
import type { Requirement, ToolRules } from './requirement.ts'
import { resolveRouteRule, type RouteRule, type RuleConfig } from './route-rules.ts'
import type { AnyApp, ServedRoute } from './served-routes.ts'

/** What is required beside an active token, in the words of a route's config. A key is absent if nothing is required. */
export interface RequirementDescription {
  /** All of them, or all of one of several sets. Sorted. */
  readonly scopes?: AllOrAny
  /** All of them, or all of one of several sets. Sorted. */
  readonly roles?: AllOrAny
  /** The id of an organization; `'per request'` if a function determines it. */
  readonly organization?: string
  /** Seconds. */
  readonly freshness?: number
}

/** How a route is guarded. */
export interface RouteAccess extends RequirementDescription {
  /** `'guarded'`: an active token is required. The other values are those of the config key `access`. */
  readonly access: RouteRule['access']
  /** What the tools of an MCP server require beside it; absent for other routes. */
  readonly mcp?: ToolsDescription
}

export interface ToolsDescription {
  /** Sorted by the name of the tool. */
  readonly tools: Readonly<Record<string, RequirementDescription>>
  /** Whether tools that are not listed may be called. */
  readonly otherTools: 'allowed' | 'refused'
}

/**
 * Describes a rule. Two rules with the same effect have the same description, in any order of their sets.
 *
 * @param rule as `resolveRouteRule` returns it
 */
export function describeRule ({ access, requirement }: RouteRule): RouteAccess {
  const { tools } = requirement
  return { access, ...describeRequirement(requirement), ...(tools !== undefined && { mcp: describeTools(tools) }) }
}

function describeTools ({ tools, areOthersAllowed }: ToolRules): ToolsDescription {
  const entries = [...tools].sort(([a], [b]) => a < b ? -1 : 1)
  return {
    tools: Object.fromEntries(entries.map(([name, requirement]) => [name, describeRequirement(requirement)])),
    otherTools: areOthersAllowed ? 'allowed' : 'refused'
  }
}

function describeRequirement ({ scopes, roles, organization, maxAge }: Requirement): RequirementDescription {
  return {
    ...(scopes.length > 0 && { scopes: sortSets(scopes.map(({ zitadel, custom }) => [...zitadel, ...custom])) }),
    ...(roles.length > 0 && { roles: sortSets(roles) }),
    ...(organization !== undefined && { organization: typeof organization === 'function' ? 'per request' : organization }),
    ...(maxAge !== Infinity && { freshness: maxAge / 1000 })
  }
}

function sortSets (sets: ReadonlyArray<readonly string[]>): AllOrAny {
  const sorted = sets.map((set) => [...set].sort())
  return sorted.length === 1 ? sorted[0]! : sorted.sort((a, b) => a.join(' ') < b.join(' ') ? -1 : 1)
}

const HOOK_NAME = 'fastifyZitadelOnRequest'

/** The guards of each server. */
const guards = new WeakMap<object, Map<string, RuleConfig>>()

/**
 * Records a guard, and gives its hook a name that no other guard of the server has. The printed tree of routes shows only names.
 *
 * @param server `app.server`
 */
export function registerGuard (server: object, config: RuleConfig): string {
  const known = guards.get(server) ?? new Map<string, RuleConfig>()
  guards.set(server, known)
  const name = known.size === 0 ? HOOK_NAME : `${HOOK_NAME}${known.size + 1}`
  known.set(name, config)
  return name
}

/**
 * Lists the guards of a server: the name of the hook, and the config that `resolveRouteRule` takes. The rule of a route is that of
 * the guard whose hook runs for the route.
 *
 * @param server `app.server`
 * @returns an empty map if the plugin is not registered on this server
 */
export function listGuards (server: object): ReadonlyMap<string, RuleConfig> {
  return guards.get(server) ?? new Map()
}

/** A row of the table of routes: who may call what. */
export interface RouteRow extends RouteAccess {
  readonly method: string
  /** The pattern, with the prefix. */
  readonly url: string
  /** `version`, `host` and custom constraints; absent if there is none. A regular expression is text. */
  readonly constraints?: Readonly<Record<string, string>>
}

/**
 * Finds the guard of a route.
 *
 * @param app an app that is ready
 * @returns undefined if the route is outside of the scope of every guard
 */
export function findGuard (app: AnyApp, route: ServedRoute): RuleConfig | undefined {
  const known = listGuards(app.server)
  const hook = listHookNames(route).find((name) => known.has(name))
  return hook === undefined ? undefined : known.get(hook)
}

/** What to do if {@link isGuardedByOtherCopy}. */
export const OTHER_COPY_PROBLEM = 'another copy of fastify-zitadel guards it, whose rules are not known here. Install the package once, and run the command in the folder of the server'

/** Whether the guard of a route is of another copy of this package, such as one that is installed globally. */
export function isGuardedByOtherCopy (app: AnyApp, route: ServedRoute): boolean {
  return findGuard(app, route) === undefined && listHookNames(route).some((name) => name.startsWith(HOOK_NAME))
}

/**
 * Resolves the rule of a served route, as the guard does for a request.
 *
 * @throws ZitadelError `FST_ZITADEL_OPTION` for a wrong declaration
 */
export function resolveServedRule (guard: RuleConfig, { context: { config, schema } }: ServedRoute): RouteRule {
  return resolveRouteRule(guard, { method: config.method, url: config.url, config, ...(schema && { schema }) })
}

export function createRow ({ method, url, constraints }: ServedRoute, access: RouteAccess): RouteRow {
  const named = Object.entries(constraints).map(([name, value]) => [name, String(value)])
  return { method, url, ...(named.length > 0 && { constraints: Object.fromEntries(named) }), ...access }
}

/**
 * Sorts rows by URL, method and constraints, so that two tables can be compared line by line. It leaves out a HEAD route with the same
 * access as the GET route, because Fastify adds one to each.
 */
export function sortRows (rows: readonly RouteRow[]): RouteRow[] {
  const toKey = ({ method, url, constraints }: RouteRow): string => JSON.stringify([url, method, constraints ?? {}])
  const withoutMethod = ({ method, ...row }: RouteRow): string => JSON.stringify(row)
  const gets = new Set(rows.filter(({ method }) => method === 'GET').map(withoutMethod))
  return rows.filter((row) => row.method !== 'HEAD' || !gets.has(withoutMethod(row))).sort((a, b) => toKey(a) < toKey(b) ? -1 : 1)
}
