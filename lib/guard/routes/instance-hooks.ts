import type { FastifyInstance } from 'fastify'
import { findSymbol } from './fastify-symbols.ts'
import { listScopes } from './server-scopes.ts'

/** The hooks of an instance, each kind in order. */
export type InstanceHooks = Readonly<Record<string, ReadonlyArray<(...args: never[]) => unknown>>>

/** Lists the hooks of all scopes. Fastify has no public way to them: without its symbol, none is found. */
export function listInstanceHooks (root: FastifyInstance): InstanceHooks[] {
  const symbol = findSymbol(root, 'fastify.hooks')!
  return listScopes(root).map((scope) => (scope as unknown as Record<symbol, InstanceHooks | undefined>)[symbol]).filter((hooks) => hooks !== undefined)
}
