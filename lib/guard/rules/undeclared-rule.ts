import { createOptionError } from '../../errors.ts'
import { ignoreRejection } from '../../ignore-rejection.ts'
import { isKeyedObject } from '../../keyed-object.ts'
import type { UndeclaredRoute } from '../../options/plugin-options.ts'
import { ROUTE_KEYS } from '../../options/route-options.ts'
import { type RouteRule, type RuleConfig, compileDeclaredRule, PROTECTED, PUBLIC } from './route-rules.ts'

const UNDECLARED = new Map<unknown, RouteRule | 'refused'>([['protected', PROTECTED], ['public', PUBLIC], ['refused', 'refused']])

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
