import type { FastifyRequest } from 'fastify'
import { createOptionError } from '../../errors.ts'
import type { Config } from '../../options/config.ts'
import type { ZitadelRouteOptions } from '../../options/route-options.ts'
import { checkConfigKeys } from './config-keys.ts'
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
  if (!Object.hasOwn(config, 'access')) {
    if (!hasKeys) return undefined
    return { access: 'guarded', isPublic: false, isOptional: false, requirement: { ...compileRequirement(config, customScopes, label), tools: mcp } }
  }
  const rule = ACCESS.get((config as ZitadelRouteOptions).access)
  if (rule === undefined) throw createOptionError(`${label}: "access" must be 'public', 'optional' or 'own'`)
  if (hasKeys) throw createOptionError(`${label}: "access" must stand alone, in place of scopes, roles, organization, freshness and mcp`)
  return rule
}

/** Formats the name of a route for messages. */
export function formatRoute ({ method, url }: { readonly method: FastifyRequest['method'] | readonly string[], readonly url: string }): string {
  return `route ${[method].flat().join(',')} ${url}`
}

/** The part of the configuration that decides about routes. */
export type RuleConfig = Pick<Config, 'customScopes' | 'undeclaredRoutes' | 'unmatched'>
