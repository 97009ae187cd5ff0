import type { RouteOptions } from 'fastify'
import { createOptionError } from '../../errors.ts'

/** Hooks of a route that run after its handler. */
const LATE_HOOKS = ['preSerialization', 'onSend', 'onResponse', 'onError', 'onTimeout', 'onRequestAbort'] as const

const strategies = new WeakSet<object>()

/** Records that a function is a strategy of `app.zitadel.require()`. */
export function markStrategy<T extends object> (strategy: T): T {
  strategies.add(strategy)
  return strategy
}

/**
 * Throws for a strategy that would check a token after the handler.
 *
 * @throws ZitadelError `FST_ZITADEL_OPTION`
 */
export function checkStrategyHooks (route: RouteOptions, label: string): void {
  const late = LATE_HOOKS.find((name) => [route[name]].flat().some((hook) => typeof hook === 'function' && strategies.has(hook)))
  if (late !== undefined) throw createOptionError(`${label}: "${late}" runs after the handler, so a strategy of app.zitadel.require() would let every request in: put it into onRequest, preParsing, preValidation or preHandler`)
}
