import type { FastifyInstance } from 'fastify'
import { createOptionError } from '../errors.ts'
import type { Config } from '../options/config.ts'
import { compileDeclaredRule, isPreflightRoute, formatRoute, resolveUndeclaredRule } from './route-rules.ts'
import { getRouteNames, findUndetectedRoutes } from './undetected-routes.ts'

/**
 * Checks routes while the server starts: wrong ones throw at the line that declares them, and undeclared ones stop the
 * start where they are refused.
 *
 * @param hook the name of the hook that guards routes
 */
export function checkRoutesAtStartup (app: FastifyInstance, hook: string, { customScopes, undeclaredRoutes }: Config): void {
  const undeclared = new Set<string>()
  const seen = new Set<string>()

  app.addHook('onRoute', (route) => {
    const label = formatRoute(route)
    const names = getRouteNames([route.method].flat(), route.url)
    for (const name of names) seen.add(name)
    // A copy, as Fastify makes one: what a prototype declares would not be enforced.
    if (compileDeclaredRule({ ...route.config }, customScopes, label) !== undefined || isPreflightRoute(route)) return
    if (resolveUndeclaredRule(undeclaredRoutes, route, label) === 'refused') for (const name of names) undeclared.add(name)
  })

  app.addHook('onReady', async () => {
    const undetected = undeclaredRoutes === 'refused' ? findUndetectedRoutes(app, hook, seen) : []
    const problems: string[] = []
    if (undeclared.size > 0) problems.push(`declared with none of them: ${[...undeclared].join(', ')}`)
    if (undetected.length > 0) problems.push(`declared before the plugin was ready, so that it cannot tell (await app.register(...) first): ${[...new Set(undetected)].join(', ')}`)
    if (problems.length > 0) throw createOptionError(`option "undeclaredRoutes" refuses routes without scopes, roles or access; ${problems.join('; ')}`)
  })
}
