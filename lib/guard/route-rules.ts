import type { FastifyRequest, RouteOptions as FastifyRoute } from 'fastify'
import { createOptionError } from '../errors.ts'
import type { Config } from '../options/config.ts'
import type { Undeclared, UndeclaredRoute } from '../options/options.ts'
import { ignoreRejection } from './ignore-rejection.ts'
import { suggestKey } from './key-suggestion.ts'
import { ANY_ACTIVE_TOKEN, compileRequirement, hasRequirement, type Requirement, type RequirementOptions } from './requirement.ts'

/** What a route's `config` may say: a requirement, or `access` in its place. */
export interface ZitadelRouteOptions extends RequirementOptions {
  /**
   * `'public'`: no token is looked at. `'optional'`: a token is checked if one is sent, and refused if it is bad.
   * `'own'`: the route guards itself, with `app.auth` or otherwise.
   */
  readonly access?: 'public' | 'optional' | 'own'
}

/** How a route is guarded. */
export interface RouteRule {
  /** Whether no token is looked at. */
  readonly isPublic: boolean
  /** Whether a caller without a token is let in. */
  readonly isOptional: boolean
  readonly requirement: Requirement
}

const PUBLIC: RouteRule = Object.freeze({ isPublic: true, isOptional: true, requirement: ANY_ACTIVE_TOKEN })
const OPTIONAL: RouteRule = Object.freeze({ isPublic: false, isOptional: true, requirement: ANY_ACTIVE_TOKEN })
const PROTECTED: RouteRule = Object.freeze({ isPublic: false, isOptional: false, requirement: ANY_ACTIVE_TOKEN })

const ACCESS = new Map<unknown, RouteRule>([['public', PUBLIC], ['own', PUBLIC], ['optional', OPTIONAL]])
const UNDECLARED = new Map<unknown, RouteRule | 'refused'>([['protected', PROTECTED], ['public', PUBLIC], ['refused', 'refused']])

/** The rule that a route's config declares; undefined where it declares nothing. */
export function compileDeclaredRule (config: object, customScopes: 'roles' | 'scope', label: string): RouteRule | undefined {
  for (const key of Object.keys(config)) {
    const meant = suggestKey(key)
    if (meant !== undefined && meant !== key) throw createOptionError(`${label}: "${key}" is unknown, did you mean "${meant}"?`)
  }
  const hasKeys = hasRequirement(config)
  if (!('access' in config)) return hasKeys ? { isPublic: false, isOptional: false, requirement: compileRequirement(config, customScopes, label) } : undefined
  const rule = ACCESS.get(config.access)
  if (rule === undefined) throw createOptionError(`${label}: "access" must be 'public', 'optional' or 'own'`)
  if (hasKeys) throw createOptionError(`${label}: "access" must stand alone, in place of scopes, roles, organization and freshness`)
  return rule
}

/** The rule for a route that declares nothing; `'refused'` where it must not exist. */
export function resolveUndeclaredRule (setting: Config['undeclaredRoutes'], route: UndeclaredRoute, label: string): RouteRule | 'refused' {
  const result: Undeclared = typeof setting === 'function' ? callUndeclaredRoutes(setting, route, label) : setting
  const rule = UNDECLARED.get(result)
  if (rule !== undefined) return rule
  ignoreRejection(result)
  throw createOptionError(`${label}: option "undeclaredRoutes" must give 'protected', 'public' or 'refused'`)
}

/** Whatever is thrown becomes an error: the loader of plugins takes a thrown `undefined` for success. */
function callUndeclaredRoutes (setting: (route: UndeclaredRoute) => Undeclared, route: UndeclaredRoute, label: string): Undeclared {
  try {
    return setting(route)
  } catch (error) {
    throw error instanceof Error ? error : createOptionError(`${label}: option "undeclaredRoutes" threw something that is no error`)
  }
}

/**
 * Whether a route can only serve preflights: @fastify/cors adds such a one for every path. `app.all` is not one, it also
 * serves everything else.
 */
export function isPreflightRoute ({ method }: { readonly method: unknown }): boolean {
  return String(method) === 'OPTIONS'
}

/** How messages name a route. */
export function formatRoute ({ method, url }: { readonly method: FastifyRoute['method'], readonly url: string }): string {
  return `route ${[method].flat().join(',')} ${url}`
}

/** Finds the rule for a request. */
export type RuleResolver = (request: FastifyRequest) => RouteRule

/**
 * Rules by what a route's config is when it is first met: at start a later plugin may still change it, and of a route that
 * was declared before the plugin nothing is known.
 *
 * @throws anything that a user's function throws, and ZitadelError `FST_ZITADEL_OPTION`
 */
export function createRuleResolver ({ customScopes, undeclaredRoutes }: Config): RuleResolver {
  const rules = new WeakMap<object, RouteRule>()
  return (request) => {
    const route = request.routeOptions
    const known = rules.get(route.config)
    if (known !== undefined) return known
    if (request.is404) return PUBLIC
    const named = { method: route.method as FastifyRoute['method'], url: route.url!, config: route.config, ...(route.schema && { schema: route.schema }) }
    const label = formatRoute(named)
    const declared = compileDeclaredRule(route.config, customScopes, label)
    const rule = declared ?? resolveUndeclaredRule(undeclaredRoutes, named, label)
    if (declared === undefined && isPreflightRoute(named)) return isPreflight(request) || rule === PUBLIC ? PUBLIC : PROTECTED
    if (rule === 'refused') throw createOptionError(`${label}: declares neither scopes nor roles nor access, and option "undeclaredRoutes" refuses that`)
    rules.set(route.config, rule)
    return rule
  }
}

/** @see {@link https://fetch.spec.whatwg.org/#cors-preflight-fetch Fetch, CORS-preflight fetch} */
function isPreflight ({ headers }: FastifyRequest): boolean {
  return headers.origin !== undefined && headers['access-control-request-method'] !== undefined
}
