import type { FastifyInstance } from 'fastify'
import type { ServedRoute } from './served-routes.ts'
import { findSymbol } from './fastify-symbols.ts'
import { isRootScope } from './server-scopes.ts'

/**
 * Finds the routes that a scope's hook runs for.
 *
 * @param hook the name of the hook; on the root, where a hook runs for every route, it does not matter
 */
export function findGuardedRoutes (app: FastifyInstance, routes: readonly ServedRoute[], hook: string): ServedRoute[] {
  return isRootScope(app) ? [...routes] : routes.filter((route) => listHookNames(route).includes(hook))
}

/** The names of the onRequest hooks of a route; none before the server is ready. */
export function listHookNames ({ context }: ServedRoute): string[] {
  // Fastify binds the hooks of a route to its instance.
  return (context.onRequest ?? []).map(({ name }) => name.replace(/^bound /, ''))
}

/**
 * Gives a hook that was just added its name back where something, such as @fastify/otel, has replaced it by a wrapper: the
 * name in the hooks of a route shows whether the guard runs for it. Fastify has no public way to a scope's hooks. If its
 * symbol is gone, the wrapper keeps its own name.
 */
export function restoreHookName (app: object, name: string): void {
  const symbol = findSymbol(app, 'fastify.hooks')
  const added: unknown = symbol && (app as Record<symbol, { onRequest?: unknown[] }>)[symbol]?.onRequest?.at(-1)
  if (typeof added === 'function' && added.name !== name) Object.defineProperty(added, 'name', { value: name, configurable: true })
}
