import type { FastifyInstance } from 'fastify'
import { findSymbol } from './fastify-symbols.ts'

/** Whether an instance is the root, whose hooks reach every route. Fastify creates each scope with its parent as prototype. */
export function isRootScope (app: FastifyInstance): boolean {
  return !('printRoutes' in Object.getPrototypeOf(app))
}

export function getRootScope (app: FastifyInstance): FastifyInstance {
  return isRootScope(app) ? app : getRootScope(Object.getPrototypeOf(app))
}

/** The scope and all scopes inside. Fastify has no public way to them: without its symbol, only the scope itself is found. */
export function listScopes<T extends object> (app: T): T[] {
  const children = findSymbol(app, 'fastify.children')
  return [app, ...(children ? (app as Record<symbol, T[]>)[children]! : []).flatMap((child) => listScopes(child))]
}
