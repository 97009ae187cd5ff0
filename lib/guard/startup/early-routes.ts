import type { FastifyInstance } from 'fastify'
import { ROUTE_KEYS } from '../../options/route-options.ts'
import { formatNames, warnAtStart } from '../../start-warning.ts'
import type { ServedRoute } from '../routes/served-routes.ts'
import type { RuleConfig } from '../rules/route-rules.ts'
import { resolveRouteRule } from '../rules/rule-resolver.ts'
import { listRouteNames } from './undetected-routes.ts'

/**
 * When the server is ready, checks the routes that were declared before the plugin was ready. Of their options, Fastify keeps only
 * `config`. A mistake beside `config` cannot be found, so a warning names the routes that declare nothing. A function
 * `undeclaredRoutes` has decided about each of them.
 *
 * @throws ZitadelError `FST_ZITADEL_OPTION` for a wrong config
 * @throws anything that the function `undeclaredRoutes` throws
 */
export function checkEarlyRoutes (app: FastifyInstance, routes: readonly ServedRoute[], config: RuleConfig): void {
  for (const { method, url, context } of routes) resolveRouteRule(config, { method: method as 'GET', url, config: context.config, ...(context.schema && { schema: context.schema }) })
  if (typeof config.undeclaredRoutes === 'function') return
  const undeclared = routes.filter(({ context }) => !ROUTE_KEYS.some((key) => Object.hasOwn(context.config, key)))
  const names = new Set(listRouteNames(undeclared))
  // Fastify adds a HEAD route to each GET route.
  const listed = [...names].filter((name) => !name.startsWith('HEAD ') || !names.has(name.replace('HEAD', 'GET')))
  if (listed.length > 0) warnAtStart(app.log, `routes were declared before this plugin was ready, and "config" has no requirement. A requirement beside "config" is not enforced: await app.register(...) first, or declare { scopes: [] }, which requires an active token, or { access: 'public' }: ${formatNames(listed)}`)
}
