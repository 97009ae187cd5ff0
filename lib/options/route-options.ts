import type { FastifyRequest } from 'fastify'

/** All of them, or any of several sets: `['a', 'b']` is a and b, `[['a', 'b'], ['c']]` is (a and b) or c. */
export type AllOrAny = readonly string[] | ReadonlyArray<readonly string[]>

/** What a route or a strategy requires of a token. */
export interface RequirementOptions {
  /** Scopes. One that is not ZITADEL's own is a role (see `customScopes`). `[]` requires an active token and nothing else. */
  readonly scopes?: AllOrAny
  /** Roles in this API's project. */
  readonly roles?: AllOrAny
  /** The organization in which roles and custom scopes must be held: its id, or a function of the request. If the function throws or returns no id, the caller is denied. */
  readonly organization?: string | ((request: FastifyRequest) => string)
  /** Maximum age of the verdict in seconds. 0: each request causes an introspection. */
  readonly freshness?: number
}

/** What the tools of an MCP server require, beside the requirement of the route. */
export interface McpRouteOptions {
  /** The requirement of each tool, by its name. `{}` requires what the route requires. */
  readonly tools: Readonly<Record<string, Omit<RequirementOptions, 'freshness'>>>
  /** Whether tools that `tools` does not name may be called. Default `'refused'`. */
  readonly otherTools?: 'allowed' | 'refused'
}

/** What the `config` of a route can contain: a requirement, or `access` instead of one. */
export interface ZitadelRouteOptions extends RequirementOptions {
  /**
   * For the route of an MCP server: what each tool requires. The tool is read from the parsed body, so the handler must use
   * `request.body` too.
   *
   * @example
   * ```ts
   * config: { mcp: { tools: { 'list-notes': {}, 'purge-notes': { roles: ['admin'] } } } }
   * ```
   */
  readonly mcp?: McpRouteOptions
  /**
   * `'public'`: no token is checked. `'optional'`: a token is checked if one is sent, and an invalid one is denied.
   * `'own'`: the route guards itself, with `app.auth` or otherwise.
   */
  readonly access?: 'public' | 'optional' | 'own'
}

/** The keys of a requirement. */
export const REQUIREMENT_KEYS = ['scopes', 'roles', 'organization', 'freshness'] as const

/** The keys of a route's config that belong to this plugin. */
export const ROUTE_KEYS: readonly string[] = [...REQUIREMENT_KEYS, 'mcp', 'access']

/** Marks the config of a route that this plugin adds to its scope: such a route is no reason to register the guard there. */
export const PLUGIN_ROUTE = Symbol('fastify-zitadel.route')
