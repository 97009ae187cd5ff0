import type { AllOrAny } from '../options/route-options.ts'
import type { RouteRule, RuleConfig } from './route-rules.ts'

/** How a route is guarded, in the words of a route's config. A key is absent if nothing is required. */
export interface RouteAccess {
  /** `'guarded'`: an active token is required. The other values are those of the config key `access`. */
  readonly access: RouteRule['access']
  /** All of them, or all of one of several sets. Sorted. */
  readonly scopes?: AllOrAny
  /** All of them, or all of one of several sets. Sorted. */
  readonly roles?: AllOrAny
  /** The id of an organisation; `'per request'` if a function determines it. */
  readonly organization?: string
  /** Seconds. */
  readonly freshness?: number
}

/**
 * Describes a rule. Two rules with the same effect have the same description, in whatever order their sets are declared.
 *
 * @param rule as `resolveRouteRule` returns it
 */
export function describeRule ({ access, requirement: { scopes, roles, organization, maxAge } }: RouteRule): RouteAccess {
  return {
    access,
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
  const name = known.size === 0 ? 'fastifyZitadelOnRequest' : `fastifyZitadelOnRequest${known.size + 1}`
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
