import type { FastifyInstance, RouteOptions } from 'fastify'
import { createOptionError } from '../../errors.ts'
import type { UndeclaredRoute } from '../../options/plugin-options.ts'
import { PLUGIN_ROUTE } from '../../options/route-options.ts'
import { checkKeysBesideConfig } from '../rules/config-keys.ts'
import { findGuardedRoutes } from '../routes/guarded-routes.ts'
import { isRootScope } from '../routes/server-scopes.ts'
import { isPreflightRoute, isUndeclaredPreflightRoute } from '../rules/preflight.ts'
import { compileDeclaredRule, formatRoute, type RuleConfig } from '../rules/route-rules.ts'
import { resolveUndeclaredRule } from '../rules/undeclared-rule.ts'
import { checkEarlyRoutes } from './early-routes.ts'
import { addRouteHook } from '../routes/route-hooks.ts'
import { listRoutesWhenReady, listServedRoutes, type ServedRoute } from '../routes/served-routes.ts'
import { checkHooks, checkOtherKeys } from './strategy-hooks.ts'
import { createNoRouteError, reportUncoveredRoutes } from './uncovered-routes.ts'
import { findUndetectedRoutes, getRouteNames, listRouteNames } from './undetected-routes.ts'

/**
 * Checks routes while the server starts. A wrong route config throws at the line that declares the route, or when the server is
 * ready if the route was declared before the plugin was. The server does not start if routes are undeclared while
 * `undeclaredRoutes` refuses that, or if the scope of the guard has no route while other scopes have some.
 *
 * @param hook the name of the hook that guards routes
 */
export function checkRoutesAtStartup (app: FastifyInstance, hook: string, config: RuleConfig): void {
  const isRefused = config.undeclaredRoutes === 'refused'
  const undeclared = new Set<string>()
  const seen = new Set<string>()
  const checked: Array<{ readonly route: RouteOptions, readonly label: string, readonly isDeclared: boolean }> = []
  const early = listServedRoutes(app).filter(isChecked)
  let hasRoutes = isRootScope(app)

  addRouteHook(app, function fastifyZitadelOnRoute (route) {
    if (!isOfPlugin(route.config) && !isPreflightForAll(route)) hasRoutes = true
    const label = formatRoute(route)
    const names = getRouteNames([route.method].flat(), route.url)
    for (const name of names) seen.add(name)
    checkKeysBesideConfig(route, label)
    checkHooks(route, label)
    checkOtherKeys(route, label)
    const isDeclared = compileDeclaredRule(route.config ?? {}, config.customScopes, label) !== undefined
    checked.push({ route, label, isDeclared })
    if (isDeclared || isPreflightRoute(route)) return
    if (resolveUndeclaredRule(config, route, label) === 'refused') for (const name of names) undeclared.add(name)
  })

  app.addHook('onReady', async function fastifyZitadelOnReady () {
    // Again, because hooks of other plugins can have changed the config since.
    for (const { route, label, isDeclared } of checked) {
      const rule = compileDeclaredRule(route.config ?? {}, config.customScopes, label)
      if (isDeclared && rule === undefined) throw createOptionError(`${label}: an "onRoute" hook of another plugin has removed what "config" declares. Register that plugin before this one, or let its hook keep the keys`)
    }
    // Only where something can be found.
    const routes = isRefused || early.length > 0 || !hasRoutes || !isRootScope(app) ? listRoutesWhenReady(app).filter(isChecked) : []
    const guarded = findGuardedRoutes(app, routes, hook)
    if (!hasRoutes && guarded.length === 0 && routes.length > 0) throw createNoRouteError(app)
    const undetected = findUndetectedRoutes(guarded, early, seen)
    const problems: string[] = []
    if (undeclared.size > 0) problems.push(`declared with none of them: ${[...undeclared].join(', ')}`)
    if (isRefused && undetected.length > 0) problems.push(`declared before the plugin was ready, so that they cannot be checked (await app.register(...) first): ${listRouteNames(undetected).join(', ')}`)
    if (problems.length > 0) throw createOptionError(`option "undeclaredRoutes" refuses routes without scopes, roles or access; ${problems.join('; ')}`)
    checkEarlyRoutes(app, undetected, config)
    reportUncoveredRoutes(app, hook, routes)
  })
}

/** Any value, because a wrong config is refused later. */
function isOfPlugin (config: unknown): boolean {
  return (config as { [PLUGIN_ROUTE]?: unknown } | undefined)?.[PLUGIN_ROUTE] === true
}

/** The route of @fastify/cors, which serves the preflights of all paths: it does not show that the routes of a scope are here. */
function isPreflightForAll (route: RouteOptions): boolean {
  return route.url.endsWith('*') && isUndeclaredPreflightRoute({ ...route, config: route.config ?? {} } as UndeclaredRoute)
}

/** Not those of this plugin, and those that serve OPTIONS, which declare nothing. */
function isChecked ({ method, context }: ServedRoute): boolean {
  return method !== 'OPTIONS' && !isOfPlugin(context.config)
}
