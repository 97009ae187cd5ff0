import type { FastifyInstance } from 'fastify'
import { createOptionError } from '../../errors.ts'
import { findSymbol } from '../routes/fastify-symbols.ts'
import { getRootScope, listScopes } from '../routes/server-scopes.ts'

/** Hooks that run after the handler. */
const LATE_HOOKS = ['preSerialization', 'onSend', 'onResponse', 'onError', 'onTimeout', 'onRequestAbort'] as const

/** Hooks that run before the handler. */
const EARLY_HOOKS = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const

const strategies = new WeakSet<object>()
const factories = new WeakSet<object>()

/** Records that a function is a strategy of `app.zitadel.require()`. */
export function markStrategy<T extends object> (strategy: T): T {
  strategies.add(strategy)
  return strategy
}

/** Records that a function is `app.zitadel.require`. */
export function markStrategyFactory<T extends object> (factory: T): T {
  factories.add(factory)
  return factory
}

/**
 * Throws for a strategy in a hook that runs after the handler, and for `app.zitadel.require` itself in any hook.
 *
 * @param hooks the options of a route, or the hooks of an instance
 *
 * @throws ZitadelError `FST_ZITADEL_OPTION`
 */
export function checkHooks (hooks: Hooks, label: string): void {
  const find = <T extends keyof Hooks>(names: readonly T[], functions: WeakSet<object>): T | undefined => names.find((name) => [hooks[name]].flat().some((hook) => typeof hook === 'function' && functions.has(hook)))
  const uncalled = find([...EARLY_HOOKS, ...LATE_HOOKS], factories)
  if (uncalled !== undefined) throw createOptionError(`${label}: "${uncalled}" is app.zitadel.require itself, which creates a strategy: call it, as in app.zitadel.require({ roles: [...] })`)
  const late = find(LATE_HOOKS, strategies)
  if (late !== undefined) throw createOptionError(`${label}: "${late}" runs after the handler, so a strategy of app.zitadel.require() would let every request in: put it into onRequest, preParsing, preValidation or preHandler`)
}

/**
 * Throws for the same in hooks of an instance. Fastify has no public way to the hooks of an instance. Without its symbol,
 * none is found.
 *
 * @throws ZitadelError `FST_ZITADEL_OPTION`
 */
export function checkInstanceHooks (app: FastifyInstance): void {
  const symbol = findSymbol(app, 'fastify.hooks')
  if (symbol !== undefined) for (const scope of listScopes(getRootScope(app))) checkHooks((scope as unknown as Record<symbol, Hooks>)[symbol]!, 'app.addHook()')
}

type Hooks = { readonly [name in typeof LATE_HOOKS[number] | typeof EARLY_HOOKS[number]]?: unknown }
