import type { FastifyInstance } from 'fastify'
import { wrongOption } from '../errors.ts'
import type { Config } from '../options/config.ts'
import { declaredRule, isPreflightRoute, nameOf, undeclaredRule } from './route-rules.ts'
import { routeNames, unheardRoutes } from './undetected-routes.ts'

/**
 * Checks routes while the server starts: wrong ones throw at the line that declares them, and undeclared ones stop the
 * start where they are refused.
 *
 * @param hook the name of the hook that guards routes
 */
export function checkRoutes (app: FastifyInstance, hook: string, { customScopes, undeclaredRoutes }: Config): void {
  const undeclared = new Set<string>()
  const heard = new Set<string>()

  app.addHook('onRoute', (route) => {
    const where = nameOf(route)
    const names = routeNames([route.method].flat(), route.url)
    for (const name of names) heard.add(name)
    // A copy, as Fastify makes one: what a prototype declares would not be enforced.
    if (declaredRule({ ...route.config }, customScopes, where) !== undefined || isPreflightRoute(route)) return
    if (undeclaredRule(undeclaredRoutes, route, where) === 'refused') for (const name of names) undeclared.add(name)
  })

  app.addHook('onReady', async () => {
    const unheard = undeclaredRoutes === 'refused' ? unheardRoutes(app, hook, heard) : []
    const complaints: string[] = []
    if (undeclared.size > 0) complaints.push(`declared with none of them: ${[...undeclared].join(', ')}`)
    if (unheard.length > 0) complaints.push(`declared before the plugin was ready, so that it cannot tell (await app.register(...) first): ${[...new Set(unheard)].join(', ')}`)
    if (complaints.length > 0) throw wrongOption(`option "undeclaredRoutes" refuses routes without scopes, roles or access; ${complaints.join('; ')}`)
  })
}
