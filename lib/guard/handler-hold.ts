import type { FastifyInstance, preHandlerHookHandler, RouteOptions } from 'fastify'
import { getCheckState } from './checks/check-state.ts'
import { holdRequest } from './denials/request-hold.ts'
import { listInstanceHooks } from './routes/instance-hooks.ts'
import { listNotFoundContexts } from './routes/not-found-contexts.ts'
import { getRootScope, isRootScope } from './routes/server-scopes.ts'
import { listRoutesWhenReady, listServedRoutes } from './routes/served-routes.ts'

/** The name of the hook that runs the second check. */
const SECOND_CHECK = 'fastifyZitadelPreHandler'

/**
 * Lets a request wait before its handler, if a hook has passed it on before a strategy of `app.zitadel.require()` has called back, and
 * no second check follows: after `preHandler` hooks that run later than that, and in scopes that the guard does not cover.
 *
 * @param declared the options of routes that were declared after the plugin, in any scope
 */
export function holdBeforeHandlers (app: FastifyInstance, declared: readonly RouteOptions[]): void {
  // Early routes can have hooks, of which nothing is known.
  const hasOtherRoutes = !isRootScope(app) || listServedRoutes(app).length > 0
  app.addHook('onReady', async function fastifyZitadelOnReadyHold () {
    const root = getRootScope(app)
    const isNeeded = hasOtherRoutes || declared.some(({ preHandler }) => preHandler !== undefined) || hasInstanceHooks(root)
    const routes = isNeeded ? listRoutesWhenReady(root).map(({ context }) => context) : []
    for (const context of [...routes, ...listNotFoundContexts(root)]) {
      const hooks = context.preHandler ?? []
      const last = hooks.at(-1)?.name
      if (last !== `bound ${SECOND_CHECK}` && last !== fastifyZitadelHold.name) context.preHandler = [...hooks, fastifyZitadelHold]
    }
  })
}

function hasInstanceHooks (root: FastifyInstance): boolean {
  return listInstanceHooks(root).some((hooks) => hooks['preHandler']!.some(({ name }) => name !== SECOND_CHECK))
}

const fastifyZitadelHold: preHandlerHookHandler = (request, reply, done) => {
  const state = getCheckState(request)
  if (state === undefined || !holdRequest(state, request, reply, done, () => fastifyZitadelHold.call(request.server, request, reply, done))) done()
}
