import { isScopeToken } from '../../oauth/bearer.ts'
import { isZitadelScope, isRoleScope } from '../../zitadel/scopes.ts'
import { createOptionError } from '../../errors.ts'
import { isKeyedObject } from '../../keyed-object.ts'
import { checkOwnKeys } from '../../options/own-keys.ts'
import { REQUIREMENT_KEYS, type RequirementOptions } from '../../options/route-options.ts'

/** One set of scopes. A client can request ZITADEL's own scopes, but not a custom one that stands for a role. */
interface ScopeSet {
  readonly zitadel: readonly string[]
  readonly custom: readonly string[]
}

/** A checked requirement, in the form that requests are checked against. */
export interface Requirement {
  readonly scopes: readonly ScopeSet[]
  readonly roles: ReadonlyArray<readonly string[]>
  readonly organization: RequirementOptions['organization'] | undefined
  /** Milliseconds. */
  readonly maxAge: number
  /** What the tools of an MCP server require; undefined for any other route. */
  readonly tools: ToolRules | undefined
}

/** What the tools of an MCP server require, beside the requirement of the route. */
export interface ToolRules {
  /** By the name of the tool. */
  readonly tools: ReadonlyMap<string, Requirement>
  /** Whether other tools may be called. */
  readonly areOthersAllowed: boolean
}

/** Requires an active token and nothing else. */
export const ANY_ACTIVE_TOKEN: Requirement = Object.freeze({ scopes: [], roles: [], organization: undefined, maxAge: Infinity, tools: undefined })

/** Whether a route's config contains a requirement. */
export function hasRequirement (config: object): config is RequirementOptions {
  return REQUIREMENT_KEYS.some((key) => Object.hasOwn(config, key))
}

/**
 * Throws for a value that is no requirement, and for unknown keys. Unlike the config of a route, a requirement that stands alone has
 * no keys of other plugins, and an unknown key would require nothing.
 *
 * @throws ZitadelError `FST_ZITADEL_OPTION`
 */
export function checkRequirementKeys (given: unknown, label: string, keys: readonly string[] = REQUIREMENT_KEYS): void {
  if (!isKeyedObject(given)) throw createOptionError(`${label}: a requirement must be an object { ${keys.join(', ')} }`)
  checkOwnKeys(given, keys, label)
  for (const key of Object.keys(given)) {
    if (!keys.includes(key)) throw createOptionError(`${label}: "${key}" is unknown, expected one of ${keys.join(', ')}`)
  }
}

/**
 * Checks a requirement and compiles it.
 *
 * @param customScopes where custom scopes are looked for
 * @param label what the message of an error starts with
 * @throws ZitadelError `FST_ZITADEL_OPTION`
 */
export function compileRequirement (given: RequirementOptions, customScopes: 'roles' | 'scope', label: string): Requirement {
  const fail = (key: string, expected: string): never => { throw createOptionError(`${label}: "${key}" must be ${expected}`) }
  // Without a prototype, so that nothing on Object.prototype is read.
  const options: RequirementOptions = Object.assign(Object.create(null), given)
  const scopes = 'scopes' in options ? parseSets(options.scopes, 'scopes', fail) : []
  const roles = 'roles' in options ? parseSets(options.roles, 'roles', fail) : []
  if ('roles' in options && roles.length === 0) fail('roles', 'an array with at least one role')
  for (const scope of scopes.flat()) {
    if (!isScopeToken(scope)) fail('scopes', 'made of scope-tokens: printable ASCII without space, quote and backslash')
    if (isRoleScope(scope)) fail('scopes', 'without role scopes, which only say what a client requested: require the role with "roles"')
  }
  const split = scopes.map((set) => ({
    zitadel: set.filter((scope) => isZitadelScope(scope) || customScopes === 'scope'),
    custom: set.filter((scope) => !isZitadelScope(scope) && customScopes === 'roles')
  }))
  const { organization, freshness } = options
  if ('organization' in options) {
    if (typeof organization !== 'function' && (typeof organization !== 'string' || organization === '')) fail('organization', 'the id of an organization or a function of the request')
    if (roles.length === 0 && split.every(({ custom }) => custom.length === 0)) fail('organization', 'given together with "roles" (or custom scopes that are looked for among the roles)')
  }
  if ('freshness' in options) {
    if (!(typeof freshness === 'number' && freshness >= 0 && freshness < Infinity)) fail('freshness', 'a number of seconds, at least 0')
    if (!('scopes' in options) && !('roles' in options)) fail('freshness', 'given together with "scopes" or "roles" ("scopes": [] requires any active token)')
  }
  return Object.freeze({ scopes: split, roles, organization, maxAge: freshness === undefined ? Infinity : freshness * 1000, tools: undefined })
}

/** Returns the sets of which one must be held completely; none for `[]`. They are copies, because a config can be changed later. */
function parseSets (given: unknown, key: string, fail: (key: string, expected: string) => never): string[][] {
  const expected = `an array of ${key} (all of them) or of non-empty arrays of ${key} (any of the sets)`
  if (!Array.isArray(given)) return fail(key, expected)
  // Copies without holes, which `map` and `every` would skip.
  const sets: unknown[] = given.some(Array.isArray) ? [...given] : given.length === 0 ? [] : [given]
  return sets.map((set) => {
    const names: unknown[] = Array.isArray(set) ? [...set] : []
    if (names.length === 0 || !names.every((name) => typeof name === 'string' && name.trim() !== '')) return fail(key, expected)
    return names as string[]
  })
}
