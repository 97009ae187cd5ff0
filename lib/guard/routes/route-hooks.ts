import type { FastifyInstance, onRouteHookHandler, RouteOptions } from 'fastify'
import { getRootScope, listScopes } from './server-scopes.ts'

/** Adds an `onRoute` hook to a scope and to those inside of it. Fastify passes such a hook on only to scopes that are created later. */
export function addRouteHook (app: FastifyInstance, hook: onRouteHookHandler): void {
  for (const scope of listScopes(app)) scope.addHook('onRoute', hook)
}

/**
 * Collects the options of the routes that are declared from now on, in any scope. Fastify reads them when the server gets ready, so
 * until then, `onRoute` hooks of other plugins can change them.
 */
export function collectDeclaredRoutes (app: FastifyInstance): readonly RouteOptions[] {
  const declared: RouteOptions[] = []
  addRouteHook(getRootScope(app), function fastifyZitadelOnRouteDeclared (route) { declared.push(route) })
  return declared
}
