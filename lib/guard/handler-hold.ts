import type { FastifyInstance, preHandlerHookHandler } from 'fastify'
import { getCheckState, holdRequest } from './checks/check-state.ts'

/**
 * Lets a request wait before its handler, if a `preHandler` hook of its route has passed it on before a strategy of
 * `app.zitadel.require()` has called back. The second check runs before these hooks.
 */
export function holdBeforeHandlers (app: FastifyInstance): void {
  app.addHook('onRoute', function fastifyZitadelOnRouteHold (route) {
    const hooks = [route.preHandler ?? []].flat()
    // Fastify copies the hooks of a GET route for its HEAD route.
    if (hooks.length > 0 && !hooks.includes(fastifyZitadelHold)) route.preHandler = [...hooks, fastifyZitadelHold]
  })
}

const fastifyZitadelHold: preHandlerHookHandler = (request, reply, done) => {
  const state = getCheckState(request)
  if (state === undefined || !holdRequest(state, request, done, () => fastifyZitadelHold.call(request.server, request, reply, done))) done()
}
