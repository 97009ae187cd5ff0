import { listHookNames } from './guarded-routes.ts'
import type { RouteRule, RuleConfig } from '../rules/route-rules.ts'
import { resolveRouteRule } from '../rules/rule-resolver.ts'
import type { AnyApp, ServedRoute } from './served-routes.ts'

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
export function listGuardConfigs (server: object): ReadonlyMap<string, RuleConfig> {
  return guards.get(server) ?? new Map()
}

/**
 * Finds the guard of a route.
 *
 * @param app an app that is ready
 * @returns undefined if the route is outside of the scope of every guard
 */
export function findGuardConfig (app: AnyApp, route: ServedRoute): RuleConfig | undefined {
  const known = listGuardConfigs(app.server)
  const hook = listHookNames(route).find((name) => known.has(name))
  return hook === undefined ? undefined : known.get(hook)
}

/** What to do if {@link isGuardedByOtherCopy}. */
export const OTHER_COPY_PROBLEM = 'another copy of fastify-zitadel guards it, whose rules are not known here. Install the package once, and run the command in the folder of the server. With tsx, set "type": "module" in package.json'

/** Whether the guard of a route is of another copy of this package, such as one that is installed globally. */
export function isGuardedByOtherCopy (app: AnyApp, route: ServedRoute): boolean {
  return findGuardConfig(app, route) === undefined && listHookNames(route).some((name) => name.startsWith(HOOK_NAME))
}

/**
 * Resolves the rule of a served route, as the guard does for a request.
 *
 * @throws ZitadelError `FST_ZITADEL_OPTION` for a wrong declaration
 */
export function resolveServedRule (guard: RuleConfig, { context: { config, schema } }: ServedRoute): RouteRule {
  return resolveRouteRule(guard, { method: config.method, url: config.url, config, ...(schema && { schema }) })
}
