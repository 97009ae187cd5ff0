import type { FastifyInstance } from 'fastify'
import { createOptionError } from '../../errors.ts'
import { warnAtStart } from '../../start-warning.ts'
import { findGuardConfig, listGuardConfigs } from '../routes/guard-registry.ts'
import { isRootScope } from '../routes/server-scopes.ts'
import { hasRequirement } from '../rules/requirement.ts'
import type { ServedRoute } from '../routes/served-routes.ts'

/**
 * Writes one line for a server about routes that no guard covers, if a guard is not on the root. It is a warning if some of them
 * declare a requirement, which could also be one of another plugin.
 *
 * @param hook the name of the hook that guards routes
 * @param routes the routes of the server
 */
export function reportUncoveredRoutes (app: FastifyInstance, hook: string, routes: readonly ServedRoute[]): void {
  const [first] = listGuardConfigs(app.server).keys()
  if (isRootScope(app) || first !== hook) return
  const outside = routes.filter((route) => findGuardConfig(app, route) === undefined)
  const declaring = outside.filter(({ context: { config } }) => hasRequirement(config) || Object.hasOwn(config, 'mcp')).map(({ method, url }) => `${method} ${url}`)
  if (declaring.length > 0) warnAtStart(app.log, `routes outside of the scope of this plugin declare a requirement, which it does not enforce: ${declaring.join(', ')}. Register the plugin on the root instance, or wrap its file in fastify-plugin`)
  else if (outside.length > 0) app.log.info(`fastify-zitadel: routes outside of the scope of this plugin are not guarded, such as ${outside[0]!.method} ${outside[0]!.url}. The command "fastify-zitadel routes" lists them`)
}

/** Creates the error for a guard whose scope has no route while other scopes have some. It names the plugin to wrap. */
export function createNoRouteError (app: FastifyInstance): Error {
  // The first name is the file or function that registered the plugin. Fastify shows source text for one without a name.
  const [name = ''] = app.pluginName.split(' -> ')
  const plugin = /^[\w@./\\:-]+$/.test(name) ? `the plugin "${name}"` : 'the plugin that registers it'
  return createOptionError(`fastify-zitadel guards no route: its scope has none, and routes outside of the scope are open. Wrap ${plugin} in fastify-plugin, or declare the routes inside it`)
}
