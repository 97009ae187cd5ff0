import type { FastifyRequest } from 'fastify'
import { createOptionError } from '../errors.ts'
import { isKeyedObject } from '../keyed-object.ts'
import type { Config } from '../options/config.ts'
import type { UndeclaredRoute } from '../options/plugin-options.ts'
import type { ZitadelRouteOptions } from '../options/route-options.ts'
import { ignoreRejection } from './ignore-rejection.ts'
import { checkConfigKeys } from './config-keys.ts'
import { findSymbol } from './guarded-scope.ts'
import { ROUTE_KEYS } from './key-suggestion.ts'
import { ANY_ACTIVE_TOKEN, compileRequirement, hasRequirement, type Requirement } from './requirement.ts'
import { compileToolRules } from './tool-rules.ts'

/** How a route is guarded. */
export interface RouteRule {
  /** `'guarded'`, or what the route declares as its `access`. */
  readonly access: 'guarded' | NonNullable<ZitadelRouteOptions['access']>
  /** Whether no token is checked. */
  readonly isPublic: boolean
  /** Whether a request without a token passes. */
  readonly isOptional: boolean
  readonly requirement: Requirement
}

const PUBLIC: RouteRule = Object.freeze({ access: 'public', isPublic: true, isOptional: true, requirement: ANY_ACTIVE_TOKEN })
const OWN: RouteRule = Object.freeze({ access: 'own', isPublic: true, isOptional: true, requirement: ANY_ACTIVE_TOKEN })
const OPTIONAL: RouteRule = Object.freeze({ access: 'optional', isPublic: false, isOptional: true, requirement: ANY_ACTIVE_TOKEN })
const PROTECTED: RouteRule = Object.freeze({ access: 'guarded', isPublic: false, isOptional: false, requirement: ANY_ACTIVE_TOKEN })

const ACCESS = new Map<unknown, RouteRule>([['public', PUBLIC], ['own', OWN], ['optional', OPTIONAL]])
const UNDECLARED = new Map<unknown, RouteRule | 'refused'>([['protected', PROTECTED], ['public', PUBLIC], ['refused', 'refused']])

/**
 * Compiles the rule that a route's config declares.
 *
 * @param label what the message of an error starts with
 * @returns undefined if the config declares nothing
 * @throws ZitadelError `FST_ZITADEL_OPTION` for a wrong or misspelt declaration, or one that would not be enforced
 */
export function compileDeclaredRule (config: object, customScopes: 'roles' | 'scope', label: string): RouteRule | undefined {
  checkConfigKeys(config, label)
  const mcp = Object.hasOwn(config, 'mcp') ? compileToolRules((config as ZitadelRouteOptions).mcp, customScopes, label) : undefined
  const hasKeys = hasRequirement(config) || mcp !== undefined
  if (!Object.hasOwn(config, 'access')) return hasKeys ? { access: 'guarded', isPublic: false, isOptional: false, requirement: { ...compileRequirement(config, customScopes, label), tools: mcp } } : undefined
  const rule = ACCESS.get((config as ZitadelRouteOptions).access)
  if (rule === undefined) throw createOptionError(`${label}: "access" must be 'public', 'optional' or 'own'`)
  if (hasKeys) throw createOptionError(`${label}: "access" must stand alone, in place of scopes, roles, organization, freshness and mcp`)
  return rule
}

/** Resolves the rule for a route that declares nothing; `'refused'` if the route must not exist. */
export function resolveUndeclaredRule ({ undeclaredRoutes: setting, customScopes }: RuleConfig, route: UndeclaredRoute, label: string): RouteRule | 'refused' {
  const result: unknown = typeof setting === 'function' ? callUndeclaredRoutes(setting, route, label) : setting
  const rule = UNDECLARED.get(result) ?? compileReturnedConfig(result, customScopes, label)
  if (rule !== undefined) return rule
  ignoreRejection(result)
  throw createOptionError(`${label}: option "undeclaredRoutes" must give 'protected', 'public', 'refused' or a route config { ${ROUTE_KEYS.join(', ')} }`)
}

/** @returns undefined if the value is no route config, such as a promise */
function compileReturnedConfig (value: unknown, customScopes: 'roles' | 'scope', label: string): RouteRule | undefined {
  if (!isKeyedObject(value)) return undefined
  const rule = compileDeclaredRule(value, customScopes, `${label}: option "undeclaredRoutes"`)
  return Object.keys(value).every((key) => ROUTE_KEYS.includes(key)) ? rule : undefined
}

/** Converts any thrown value to an error: the plugin loader takes a thrown `undefined` for success. */
function callUndeclaredRoutes (setting: (route: UndeclaredRoute) => unknown, route: UndeclaredRoute, label: string): unknown {
  try {
    return setting(route)
  } catch (error) {
    throw error instanceof Error ? error : createOptionError(`${label}: option "undeclaredRoutes" threw a non-error value`)
  }
}

/**
 * Whether a route can only serve preflight requests, as the one that @fastify/cors adds for every path. `app.all` does not
 * count: it serves other methods too.
 */
export function isPreflightRoute ({ method }: { readonly method: unknown }): boolean {
  return String(method) === 'OPTIONS'
}

/** Formats the name of a route for messages. */
export function formatRoute ({ method, url }: { readonly method: FastifyRequest['method'] | readonly string[], readonly url: string }): string {
  return `route ${[method].flat().join(',')} ${url}`
}

/** The part of the configuration that decides about routes. */
export type RuleConfig = Pick<Config, 'customScopes' | 'undeclaredRoutes' | 'unmatched'>

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
  const unmatched = config.unmatched === 'protected' ? PROTECTED : PUBLIC
  let readConfig: ConfigReader | undefined
  return (request) => {
    readConfig ??= createConfigReader(request)
    const known = rules.get(readConfig(request))
    if (known !== undefined) return known
    const route = request.routeOptions
    if (request.is404) return unmatched
    const named = { method: route.method as FastifyRequest['method'], url: route.url!, config: route.config, ...(route.schema && { schema: route.schema }) }
    const rule = resolveRouteRule(config, named)
    if (isUndeclaredPreflightRoute(named)) return isPreflight(request) ? PUBLIC : rule
    rules.set(route.config, rule)
    return rule
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

/** Whether a route serves OPTIONS only and declares nothing, so that its preflight requests pass without a token. */
function isUndeclaredPreflightRoute (route: UndeclaredRoute): boolean {
  return isPreflightRoute(route) && !ROUTE_KEYS.some((key) => Object.hasOwn(route.config!, key))
}

/** @see {@link https://fetch.spec.whatwg.org/#cors-preflight-fetch Fetch, CORS-preflight fetch} */
function isPreflight ({ headers }: FastifyRequest): boolean {
  return headers.origin !== undefined && headers['access-control-request-method'] !== undefined
}
