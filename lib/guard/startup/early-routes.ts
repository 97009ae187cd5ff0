import type { FastifyInstance } from 'fastify'
import { warnAtStart } from '../../start-warning.ts'
import { compileDeclaredRule, formatRoute, type RuleConfig } from '../rules/route-rules.ts'
import { resolveRouteRule } from '../rules/rule-resolver.ts'
import type { ServedRoute } from '../routes/served-routes.ts'
import { listRouteNames } from './undetected-routes.ts'

/**
 * Checks routes that were declared before the plugin was ready, when the server is. Fastify has kept of their options only what
 * is in `config`, so a mistake beside it cannot be found: a warning names the routes that declare nothing.
 *
 * @throws ZitadelError `FST_ZITADEL_OPTION` for a wrong config
 * @throws anything that the function `undeclaredRoutes` throws
 */
export function checkEarlyRoutes (app: FastifyInstance, routes: readonly ServedRoute[], config: RuleConfig): void {
  const undeclared = routes.filter(({ method, url, context }) => {
    const route = { method: method as 'GET', url, config: context.config, ...(context.schema && { schema: context.schema }) }
    resolveRouteRule(config, route)
    return compileDeclaredRule(route.config, config.customScopes, formatRoute(route)) === undefined
  })
  const names = listRouteNames(undeclared)
  const listed = names.filter((name) => !names.includes(name.replace(/^HEAD /, 'GET ')) || !name.startsWith('HEAD '))
  if (listed.length > 0) warnAtStart(app.log, `routes were declared before this plugin was ready, and have no requirement in "config". One that is beside "config" is not enforced: await app.register(...) first, or declare { scopes: [] }, which requires an active token: ${listed.join(', ')}`)
}
