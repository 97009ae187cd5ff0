import type { AllOrAny } from '../../options/route-options.ts'
import type { Requirement, ToolRules } from './requirement.ts'
import type { RouteRule } from './route-rules.ts'

/** What is required beside an active token, in the words of a route's config. A key is absent if nothing is required. */
export interface RequirementDescription {
  /** All of them, or all of one of several sets. Sorted. */
  readonly scopes?: AllOrAny
  /** All of them, or all of one of several sets. Sorted. */
  readonly roles?: AllOrAny
  /** The id of an organization; `'per request'` if a function determines it. */
  readonly organization?: string
  /** Seconds. */
  readonly freshness?: number
}

/** How a route is guarded. */
export interface RouteAccess extends RequirementDescription {
  /** `'guarded'`: an active token is required. The other values are those of the config key `access`. */
  readonly access: RouteRule['access']
  /** What the tools of an MCP server require beside it; absent for other routes. */
  readonly mcp?: ToolsDescription
}

/** What the tools of an MCP server require, in the words of a route's config. */
export interface ToolsDescription {
  /** Sorted by the name of the tool. */
  readonly tools: Readonly<Record<string, RequirementDescription>>
  /** Whether tools that are not listed may be called. */
  readonly otherTools: 'allowed' | 'refused'
}

/**
 * Describes a rule. Two rules with the same effect have the same description, in any order of their sets.
 *
 * @param rule as `resolveRouteRule` returns it
 */
export function describeRule ({ access, requirement }: RouteRule): RouteAccess {
  const { tools } = requirement
  return { access, ...describeRequirement(requirement), ...(tools !== undefined && { mcp: describeTools(tools) }) }
}

function describeTools ({ tools, areOthersAllowed }: ToolRules): ToolsDescription {
  const entries = [...tools].sort(([a], [b]) => a < b ? -1 : 1)
  return {
    tools: Object.fromEntries(entries.map(([name, requirement]) => [name, describeRequirement(requirement)])),
    otherTools: areOthersAllowed ? 'allowed' : 'refused'
  }
}

function describeRequirement ({ scopes, roles, organization, maxAge }: Requirement): RequirementDescription {
  return {
    ...(scopes.length > 0 && { scopes: sortSets(scopes.map(({ zitadel, custom }) => [...zitadel, ...custom])) }),
    ...(roles.length > 0 && { roles: sortSets(roles) }),
    ...(organization !== undefined && { organization: typeof organization === 'function' ? 'per request' : organization }),
    ...(maxAge !== Infinity && { freshness: maxAge / 1000 })
  }
}

function sortSets (sets: ReadonlyArray<readonly string[]>): AllOrAny {
  const sorted = sets.map((set) => [...set].sort())
  return sorted.length === 1 ? sorted[0]! : sorted.sort((a, b) => a.join(' ') < b.join(' ') ? -1 : 1)
}
