import type { FastifyInstance, RouteOptions } from 'fastify'
import { createOptionError } from '../errors.ts'
import type { UndeclaredRoute } from '../options/plugin-options.ts'
import { PLUGIN_ROUTE } from '../options/route-options.ts'
import { checkKeysBesideConfig } from './config-keys.ts'
import { hasRequirement } from './requirement.ts'
import { findGuardedRoutes, isRootScope } from './guarded-scope.ts'
import { isPreflightRoute, isUndeclaredPreflightRoute } from './preflight.ts'
import { compileDeclaredRule, formatRoute, type RuleConfig } from './route-rules.ts'
import { resolveUndeclaredRule } from './undeclared-rule.ts'
import { findGuardConfig, listGuardConfigs } from './guard-registry.ts'
import { listServedRoutes, type ServedRoute } from './served-routes.ts'
import { findUndetectedRoutes, getRouteNames } from './undetected-routes.ts'

/**
 * Checks routes while the server starts. A wrong route config throws at the line that declares the route. The server does not
 * start if routes are undeclared while `undeclaredRoutes` refuses that, or if the scope of the guard has no route while other
 * scopes have some.
 *
 * @param hook the name of the hook that guards routes
 */
export function checkRoutesAtStartup (app: FastifyInstance, hook: string, config: RuleConfig): void {
  const isRefused = config.undeclaredRoutes === 'refused'
  const undeclared = new Set<string>()
  const seen = new Set<string>()
  const early = isRefused ? listRoutes(app) : []
  let hasRoutes = isRootScope(app)

  app.addHook('onRoute', function fastifyZitadelOnRoute (route) {
    if (!isOfPlugin(route.config) && !isPreflightForAll(route)) hasRoutes = true
    const label = formatRoute(route)
    const names = getRouteNames([route.method].flat(), route.url)
    for (const name of names) seen.add(name)
    checkKeysBesideConfig(route, label)
    if (compileDeclaredRule(route.config ?? {}, config.customScopes, label) !== undefined || isPreflightRoute(route)) return
    if (resolveUndeclaredRule(config, route, label) === 'refused') for (const name of names) undeclared.add(name)
  })

  app.addHook('onReady', async function fastifyZitadelOnReady () {
    const routes = isRefused || !hasRoutes ? listRoutes(app) : []
    const guarded = findGuardedRoutes(app, routes, hook)
    if (!hasRoutes && guarded.every(({ context }) => isOfPlugin(context.config)) && routes.length > guarded.length) throw createNoRouteError(app)
    const undetected = isRefused ? findUndetectedRoutes(guarded, early, seen) : []
    const problems: string[] = []
    if (undeclared.size > 0) problems.push(`declared with none of them: ${[...undeclared].join(', ')}`)
    if (undetected.length > 0) problems.push(`declared before the plugin was ready, so that they cannot be checked (await app.register(...) first): ${undetected.join(', ')}`)
    if (problems.length > 0) throw createOptionError(`option "undeclaredRoutes" refuses routes without scopes, roles or access; ${problems.join('; ')}`)
    reportRoutesOutside(app, hook)
  })
}

/**
 * Writes one line for a server about routes that no guard covers, if a guard is not on the root. It is a warning if some of them
 * declare a requirement, which could also be one of another plugin.
 */
function reportRoutesOutside (app: FastifyInstance, hook: string): void {
  const [first] = listGuardConfigs(app.server).keys()
  if (isRootScope(app) || first !== hook) return
  const outside = listRoutes(app).filter((route) => findGuardConfig(app, route) === undefined)
  const declaring = outside.filter(({ context }) => hasRequirement(context.config)).map(({ method, url }) => `${method} ${url}`)
  if (declaring.length > 0) app.log.warn(`fastify-zitadel: routes outside of the scope of this plugin declare a requirement, which it does not enforce: ${declaring.join(', ')}. Register the plugin on the root instance, or wrap its file in fastify-plugin`)
  else if (outside.length > 0) app.log.info(`fastify-zitadel: routes outside of the scope of this plugin are not guarded, such as ${outside[0]!.method} ${outside[0]!.url}. The command "fastify-zitadel routes" lists them`)
}

/** Any value, because a wrong config is refused later. */
function isOfPlugin (config: unknown): boolean {
  return (config as { [PLUGIN_ROUTE]?: unknown } | undefined)?.[PLUGIN_ROUTE] === true
}

/** The route of @fastify/cors, which serves the preflights of all paths: it does not show that the routes of a scope are here. */
function isPreflightForAll (route: RouteOptions): boolean {
  return route.url.endsWith('*') && isUndeclaredPreflightRoute({ ...route, config: route.config ?? {} } as UndeclaredRoute)
}

/** Without those that serve OPTIONS, which declare nothing. */
function listRoutes (app: FastifyInstance): ServedRoute[] {
  return listServedRoutes(app).filter(({ method }) => method !== 'OPTIONS')
}

/** Creates the error for a guard whose scope has no route while other scopes have some. It names the plugin to wrap. */
function createNoRouteError (app: FastifyInstance): Error {
  // The first name is the file or function that registered the plugin. Fastify shows source text for one without a name.
  const [name = ''] = app.pluginName.split(' -> ')
  const plugin = /^[\w@./\\:-]+$/.test(name) ? `the plugin "${name}"` : 'the plugin that registers it'
  return createOptionError(`fastify-zitadel guards no route: its scope has none, and routes outside of the scope are open. Wrap ${plugin} in fastify-plugin, or declare the routes inside it`)
}
