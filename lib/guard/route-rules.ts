import type { FastifyRequest } from 'fastify'
import { createOptionError } from '../errors.ts'
import { isKeyedObject } from '../keyed-object.ts'
import type { Config } from '../options/config.ts'
import type { UndeclaredRoute } from '../options/plugin-options.ts'
import { ROUTE_KEYS, type ZitadelRouteOptions } from '../options/route-options.ts'
import { ignoreRejection } from '../ignore-rejection.ts'
import { checkConfigKeys } from './config-keys.ts'
import { isPreflightRoute } from './preflight.ts'
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

export const PUBLIC: RouteRule = Object.freeze({ access: 'public', isPublic: true, isOptional: true, requirement: ANY_ACTIVE_TOKEN })
const OWN: RouteRule = Object.freeze({ access: 'own', isPublic: true, isOptional: true, requirement: ANY_ACTIVE_TOKEN })
const OPTIONAL: RouteRule = Object.freeze({ access: 'optional', isPublic: false, isOptional: true, requirement: ANY_ACTIVE_TOKEN })
export const PROTECTED: RouteRule = Object.freeze({ access: 'guarded', isPublic: false, isOptional: false, requirement: ANY_ACTIVE_TOKEN })

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
