import type { FastifyInstance, RouteOptions } from 'fastify'
import { createOptionError } from '../../errors.ts'
import { listInstanceHooks } from '../routes/instance-hooks.ts'
import { getRootScope } from '../routes/server-scopes.ts'
import { formatRoute } from '../rules/route-rules.ts'

/** Hooks that run after the handler. */
const LATE_HOOKS = ['preSerialization', 'onSend', 'onResponse', 'onError', 'onTimeout', 'onRequestAbort'] as const

/** Hooks that run before the handler. */
const EARLY_HOOKS = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const

const HOOKS: ReadonlySet<string> = new Set([...EARLY_HOOKS, ...LATE_HOOKS])

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
 * Throws for a strategy of `app.zitadel.require()`, or that function itself, under a key of a route that is no hook, or inside of
 * `config`: it would not run.
 *
 * @throws ZitadelError `FST_ZITADEL_OPTION`
 */
export function checkOtherKeys (route: RouteOptions, label: string): void {
  const inRoute = Object.entries(route).filter(([key]) => !HOOKS.has(key))
  const [key] = [...inRoute, ...Object.entries(route.config ?? {})].find(([, value]) => hasStrategy(value)) ?? []
  if (key !== undefined) throw createOptionError(`${label}: "${key}" is no hook, so a strategy of app.zitadel.require() would not run there: put it into onRequest, preParsing, preValidation or preHandler of the route`)
}

function hasStrategy (value: unknown): boolean {
  try {
    return [value].flat().some((each) => typeof each === 'function' && (strategies.has(each) || factories.has(each)))
  } catch {
    // A Proxy of another plugin can throw.
    return false
  }
}

/**
 * Does what {@link checkHooks} does when the server is ready: for hooks of instances, and for those that other plugins have added to routes since
 * these were declared.
 */
export function checkHooksWhenReady (app: FastifyInstance, declared: readonly RouteOptions[]): void {
  app.addHook('onReady', async function fastifyZitadelOnReadyHooks () {
    for (const route of declared) checkHooks(route, formatRoute(route))
    for (const hooks of listInstanceHooks(getRootScope(app))) checkHooks(hooks, 'app.addHook()')
  })
}

type Hooks = { readonly [name in typeof LATE_HOOKS[number] | typeof EARLY_HOOKS[number]]?: unknown }
