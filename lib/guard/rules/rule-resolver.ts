import type { FastifyRequest } from 'fastify'
import { findSymbol } from '../routes/fastify-symbols.ts'
import { isPreflight, isPreflightRoute, isUndeclaredPreflightRoute } from './preflight.ts'
import { compileDeclaredRule, formatRoute, PROTECTED, PUBLIC, type RouteRule, type RuleConfig } from './route-rules.ts'
import { createOptionError } from '../../errors.ts'
import type { UndeclaredRoute } from '../../options/plugin-options.ts'
import { resolveUndeclaredRule } from './undeclared-rule.ts'

/** Finds the rule for a request. */
export type RuleResolver = (request: FastifyRequest) => RouteRule

/**
 * Creates the resolver. It reads the config of a route when the route is first requested: at start a later plugin can still
 * change it, and routes that were declared before this plugin are not seen.
 *
 * A request that no route serves needs a token only with `unmatched: 'protected'`. Then a preflight needs one too, because
 * middleware would serve it.
 *
 * @throws anything that a user's function throws, and ZitadelError `FST_ZITADEL_OPTION`
 */
export function createRuleResolver (config: RuleConfig): RuleResolver {
  const rules = new WeakMap<object, RouteRule>()
  // Of routes whose preflights are public.
  const preflightRules = new WeakMap<object, RouteRule>()
  const unmatched = config.unmatched === 'protected' ? PROTECTED : PUBLIC
  let readConfig: ConfigReader | undefined
  return (request) => {
    readConfig ??= createConfigReader(request)
    const key = readConfig(request)
    const known = rules.get(key)
    if (known !== undefined) return known
    const preflightRule = preflightRules.get(key)
    if (preflightRule !== undefined) return isPreflight(request) ? PUBLIC : preflightRule
    const route = request.routeOptions
    if (request.is404) return unmatched
    const named = { method: route.method as FastifyRequest['method'], url: route.url!, config: route.config, ...(route.schema && { schema: route.schema }) }
    const rule = resolveRouteRule(config, named)
    const isForPreflights = isUndeclaredPreflightRoute(named)
    ;(isForPreflights ? preflightRules : rules).set(route.config, rule)
    return isForPreflights && isPreflight(request) ? PUBLIC : rule
  }
}

/** Returns the config of the route of a request. */
type ConfigReader = (request: FastifyRequest) => object

/**
 * Creates a reader that does not read `request.routeOptions`, for which Fastify creates an object each time. Fastify has no other
 * public way to the config. Without its symbol, that one is used.
 */
function createConfigReader (first: FastifyRequest): ConfigReader {
  const symbol = findSymbol(first, 'fastify.context')
  if (symbol === undefined) return (request) => request.routeOptions.config
  return (request) => (request as unknown as Record<symbol, { readonly config: object }>)[symbol]!.config
}

/**
 * Resolves the rule of a route, for every request but preflights.
 *
 * @throws ZitadelError `FST_ZITADEL_OPTION` for a wrong declaration, or a missing one where `undeclaredRoutes` refuses that
 * @throws anything that the function `undeclaredRoutes` throws
 */
export function resolveRouteRule (config: RuleConfig, route: UndeclaredRoute): RouteRule {
  const label = formatRoute(route)
  const rule = compileDeclaredRule(route.config ?? {}, config.customScopes, label) ?? resolveUndeclaredRule(config, route, label)
  if (rule !== 'refused') return rule
  if (isPreflightRoute(route)) return PROTECTED
  throw createOptionError(`${label}: declares neither scopes nor roles nor access, and option "undeclaredRoutes" refuses that`)
}
