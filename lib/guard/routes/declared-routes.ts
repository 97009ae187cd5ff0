import type { RouteOptions } from 'fastify'
import type { AnyApp } from './served-routes.ts'

/**
 * Collects the options of the routes that are declared from now on. Fastify reads them when the server gets ready, so until then,
 * `onRoute` hooks of other plugins can change them.
 */
export function collectDeclaredRoutes (app: AnyApp): readonly RouteOptions[] {
  const declared: RouteOptions[] = []
  app.addHook('onRoute', function fastifyZitadelOnRouteDeclared (route) { declared.push(route) })
  return declared
}
