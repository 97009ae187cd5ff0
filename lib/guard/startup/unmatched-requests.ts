import type { FastifyInstance } from 'fastify'
import { createOptionError } from '../../errors.ts'
import { getRootScope, isRootScope, listScopes } from '../routes/server-scopes.ts'
import { listNotFoundContexts, type NotFoundContext } from '../routes/not-found-contexts.ts'
import { findSymbol } from '../routes/fastify-symbols.ts'
import { ROUTE_KEYS } from '../../options/route-options.ts'
import type { RuleConfig } from '../rules/route-rules.ts'
import { warnAtStart } from '../../start-warning.ts'

/**
 * Finds at start what serves requests that no route matches. If the option `unmatched` is not set, one warning names it.
 *
 * @throws ZitadelError `FST_ZITADEL_OPTION` when the server is ready, if a not-found handler declares a requirement, or if
 *   `unmatched: 'protected'` cannot protect: Fastify runs the hooks of a scope for such requests only on the root, or where the scope
 *   has a not-found handler
 */
export function checkUnmatchedRequests (app: FastifyInstance, { unmatched }: RuleConfig): void {
  const hadMiddleware = app.hasDecorator('use')
  app.addHook('onReady', async function fastifyZitadelOnReadyUnmatched () {
    const contexts = listNotFoundContexts(app).filter(({ server }) => server === app || Object.prototype.isPrototypeOf.call(app, server))
    checkNotFoundConfigs(contexts)
    if (unmatched === 'open') return
    if (hadMiddleware) warnAtStart(app.log, 'middleware was registered before this plugin and runs before the guard, so neither the option "unmatched" nor a guarded route protects what it serves: register this plugin first')
    if (unmatched === undefined) {
      const servers = describeServers(app, contexts, hadMiddleware)
      if (servers.length > 0) warnAtStart(app.log, `requests that no route matches are not guarded, and ${servers.join(' and ')} may serve them: set the option "unmatched" to 'protected' or 'open'`)
      return
    }
    if (!isRootScope(app) && contexts.length === 0) throw createOptionError('option "unmatched": \'protected\' has no effect in this scope: register the plugin on the root instance, or set a not-found handler in the scope')
    if (hasForeignUpgradeListener(app)) warnAtStart(app.log, 'a listener of the server\'s "upgrade" event is not guarded, and the option "unmatched" does not protect it')
  })
}

function checkNotFoundConfigs (contexts: readonly NotFoundContext[]): void {
  const key = ROUTE_KEYS.find((each) => contexts.some(({ config }) => Object.hasOwn(config, each)))
  if (key !== undefined) throw createOptionError(`the "config" of a not-found handler has "${key}", which would not be enforced: give the handler preHandler: app.zitadel.require({ ... }), or set the option "unmatched"`)
}

function describeServers (app: FastifyInstance, contexts: readonly NotFoundContext[], hadMiddleware: boolean): string[] {
  const found: string[] = []
  if (app.hasDecorator('use') && !hadMiddleware) found.push('middleware (app.use)')
  if (contexts.some(({ handler }) => handler.name !== 'basic404')) found.push('a not-found handler')
  if (hasForeignUpgradeListener(app)) found.push('a listener of the server\'s "upgrade" event')
  return found
}

/**
 * Whether something listens for upgrades that does not pass them to Fastify's router. @fastify/http-proxy keeps its listener on the
 * server, and that of @fastify/websocket has a name. Both plugins may be registered in any scope.
 */
function hasForeignUpgradeListener (app: FastifyInstance): boolean {
  const proxy = findSymbol(app.server, 'wsUpgradeListener')
  const known = proxy && (app.server as unknown as Record<symbol, unknown>)[proxy]
  const hasWebsocket = listScopes(getRootScope(app)).some((scope) => scope.hasPlugin('@fastify/websocket'))
  return app.server.listeners('upgrade').some((listener) => listener !== known && !(hasWebsocket && listener.name === 'onUpgrade'))
}
