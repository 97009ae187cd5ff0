import { findSymbol } from './fastify-symbols.ts'
import type { RouteContext } from './served-routes.ts'
import { listScopes } from './server-scopes.ts'

/** How Fastify serves requests that no route matches, in one scope. */
export interface NotFoundContext {
  readonly config: object
  readonly handler: (...args: never[]) => unknown
  /** The instance whose hooks run. */
  readonly server: object
  preHandler: RouteContext['preHandler']
}

/** Fastify has no public way to a not-found handler. Without its symbol none is found. */
export function listNotFoundContexts (app: object): NotFoundContext[] {
  const symbol = findSymbol(app, 'fastify.404ContextKey')
  if (symbol === undefined) return []
  return [...new Set(listScopes(app).map((scope) => (scope as Record<symbol, NotFoundContext | undefined>)[symbol]).filter((context) => context !== undefined))]
}
