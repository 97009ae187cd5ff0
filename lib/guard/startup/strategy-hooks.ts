import type { FastifyInstance, RouteOptions } from 'fastify'
import { createOptionError } from '../../errors.ts'
import { findSymbol } from '../routes/fastify-symbols.ts'
import { getRootScope, listScopes } from '../routes/server-scopes.ts'

/** Hooks that run after the handler. */
const LATE_HOOKS = ['preSerialization', 'onSend', 'onResponse', 'onError', 'onTimeout', 'onRequestAbort'] as const

const strategies = new WeakSet<object>()

/** Records that a function is a strategy of `app.zitadel.require()`. */
export function markStrategy<T extends object> (strategy: T): T {
  strategies.add(strategy)
  return strategy
}

/**
 * Throws for a strategy in a hook of a route that runs after the handler.
 *
 * @throws ZitadelError `FST_ZITADEL_OPTION`
 */
export function checkRouteHooks (route: RouteOptions, label: string): void {
  checkHooks(route, label)
}

/**
 * Throws for a strategy in such a hook of an instance. Fastify has no public way to the hooks of an instance. Without its symbol,
 * none is found.
 *
 * @throws ZitadelError `FST_ZITADEL_OPTION`
 */
export function checkInstanceHooks (app: FastifyInstance): void {
  const symbol = findSymbol(app, 'fastify.hooks')
  if (symbol !== undefined) for (const scope of listScopes(getRootScope(app))) checkHooks((scope as unknown as Record<symbol, Hooks>)[symbol]!, 'app.addHook()')
}

type Hooks = { readonly [name in typeof LATE_HOOKS[number]]?: unknown }

function checkHooks (hooks: Hooks, label: string): void {
  const late = LATE_HOOKS.find((name) => [hooks[name]].flat().some((hook) => typeof hook === 'function' && strategies.has(hook)))
  if (late !== undefined) throw createOptionError(`${label}: "${late}" runs after the handler, so a strategy of app.zitadel.require() would let every request in: put it into onRequest, preParsing, preValidation or preHandler`)
}
