import type { FastifyRequest, RouteOptions as FastifyRoute } from 'fastify'
import { wrongOption } from '../errors.ts'
import type { Config } from '../options/config.ts'
import type { Undeclared, UndeclaredRoute } from '../options/options.ts'
import { leaveBehind } from './ignore-rejection.ts'
import { meantKey } from './key-suggestion.ts'
import { LIVE_TOKEN, compileRequirement, isRequirement, type Requirement, type RequirementOptions } from './requirement.ts'

/** What a route's `config` may say: a requirement, or `access` in its place. */
export interface RouteOptions extends RequirementOptions {
  /**
   * `'public'`: no token is looked at. `'optional'`: a token is checked if one is sent, and refused if it is bad.
   * `'own'`: the route guards itself, with `app.auth` or otherwise.
   */
  readonly access?: 'public' | 'optional' | 'own'
}

/** How a route is guarded. */
export interface Rule {
  /** Whether no token is looked at. */
  readonly open: boolean
  /** Whether a caller without a token is let in. */
  readonly optional: boolean
  readonly requirement: Requirement
}

const OPEN: Rule = Object.freeze({ open: true, optional: true, requirement: LIVE_TOKEN })
const OPTIONAL: Rule = Object.freeze({ open: false, optional: true, requirement: LIVE_TOKEN })
const PROTECTED: Rule = Object.freeze({ open: false, optional: false, requirement: LIVE_TOKEN })

const ACCESS = new Map<unknown, Rule>([['public', OPEN], ['own', OPEN], ['optional', OPTIONAL]])
const UNDECLARED = new Map<unknown, Rule | 'refused'>([['protected', PROTECTED], ['public', OPEN], ['refused', 'refused']])

/** The rule that a route's config declares; undefined where it declares nothing. */
export function declaredRule (config: object, customScopes: 'roles' | 'scope', where: string): Rule | undefined {
  for (const key of Object.keys(config)) {
    const meant = meantKey(key)
    if (meant !== undefined && meant !== key) throw wrongOption(`${where}: "${key}" is unknown, did you mean "${meant}"?`)
  }
  const asks = isRequirement(config)
  if (!('access' in config)) return asks ? { open: false, optional: false, requirement: compileRequirement(config, customScopes, where) } : undefined
  const rule = ACCESS.get(config.access)
  if (rule === undefined) throw wrongOption(`${where}: "access" must be 'public', 'optional' or 'own'`)
  if (asks) throw wrongOption(`${where}: "access" must stand alone, in place of scopes, roles, organization and freshness`)
  return rule
}

/** The rule for a route that declares nothing; `'refused'` where it must not exist. */
export function undeclaredRule (setting: Config['undeclaredRoutes'], route: UndeclaredRoute, where: string): Rule | 'refused' {
  const answer: Undeclared = typeof setting === 'function' ? answerOf(setting, route, where) : setting
  const rule = UNDECLARED.get(answer)
  if (rule !== undefined) return rule
  leaveBehind(answer)
  throw wrongOption(`${where}: option "undeclaredRoutes" must give 'protected', 'public' or 'refused'`)
}

/** Whatever is thrown becomes an error: the loader of plugins takes a thrown `undefined` for success. */
function answerOf (setting: (route: UndeclaredRoute) => Undeclared, route: UndeclaredRoute, where: string): Undeclared {
  try {
    return setting(route)
  } catch (error) {
    throw error instanceof Error ? error : wrongOption(`${where}: option "undeclaredRoutes" threw something that is no error`)
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
export function nameOf ({ method, url }: { readonly method: FastifyRoute['method'], readonly url: string }): string {
  return `route ${[method].flat().join(',')} ${url}`
}

/** Finds the rule for a request. */
export type Rules = (request: FastifyRequest) => Rule

/**
 * Rules by what a route's config is when it is first met: at start a later plugin may still change it, and of a route that
 * was declared before the plugin nothing is known.
 *
 * @throws anything that a user's function throws, and ZitadelError `FST_ZITADEL_OPTION`
 */
export function ruleOf ({ customScopes, undeclaredRoutes }: Config): Rules {
  const rules = new WeakMap<object, Rule>()
  return (request) => {
    const route = request.routeOptions
    const known = rules.get(route.config)
    if (known !== undefined) return known
    if (request.is404) return OPEN
    const named = { method: route.method as FastifyRoute['method'], url: route.url!, config: route.config, ...(route.schema && { schema: route.schema }) }
    const where = nameOf(named)
    const declared = declaredRule(route.config, customScopes, where)
    const rule = declared ?? undeclaredRule(undeclaredRoutes, named, where)
    if (declared === undefined && isPreflightRoute(named)) return isPreflight(request) || rule === OPEN ? OPEN : PROTECTED
    if (rule === 'refused') throw wrongOption(`${where}: declares neither scopes nor roles nor access, and option "undeclaredRoutes" refuses that`)
    rules.set(route.config, rule)
    return rule
  }
}

/** @see {@link https://fetch.spec.whatwg.org/#cors-preflight-fetch Fetch, CORS-preflight fetch} */
function isPreflight ({ headers }: FastifyRequest): boolean {
  return headers.origin !== undefined && headers['access-control-request-method'] !== undefined
}
