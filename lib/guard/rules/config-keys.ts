import { createOptionError } from '../../errors.ts'
import { isKeyedObject } from '../../keyed-object.ts'
import { ROUTE_KEYS } from '../../options/route-options.ts'
import { suggestKey } from './key-suggestion.ts'
import { findMisplacedOption, findNestedKey, isPluginName } from './misplaced-keys.ts'
import { checkOwnKeys } from '../../options/own-keys.ts'

/** Options of Fastify with names that the user chose, such as those of the properties of a body. */
const DESCRIPTIONS = ['schema', 'constraints', 'config']

/**
 * Throws for a route's config with keys that would not be enforced.
 *
 * @throws ZitadelError `FST_ZITADEL_OPTION`
 */
export function checkConfigKeys (config: object, label: string): void {
  if (!isKeyedObject(config)) throw createOptionError(`${label}: "config" must be an object: { ${ROUTE_KEYS.join(', ')} }`)
  checkOwnKeys(config, ROUTE_KEYS, label)
  for (const [key, value] of Object.entries(config)) {
    if (isPluginName(key)) throw createOptionError(`${label}: "${key}" is unknown: put ${ROUTE_KEYS.join(', ')} directly into "config"`)
    checkNoOption(key, config, label)
    const meant = suggestKey(key, value, config)
    if (meant !== undefined) throw createOptionError(`${label}: "${key}" is unknown, did you mean "${meant}"?`)
    const nested = findNestedKey(key, value, config)
    if (nested !== undefined) throw createOptionError(`${label}: "${nested}" inside "${key}" has no effect: put it directly into "config". If it belongs to another plugin, add { scopes: [] }, which requires an active token, or { access: 'public' }`)
  }
}

/**
 * Throws for keys that were written beside `config` instead of inside it, misspelt ones too: Fastify ignores them there.
 *
 * @param route the options of a route
 * @throws ZitadelError `FST_ZITADEL_OPTION`
 */
export function checkKeysBesideConfig (route: { readonly config?: object }, label: string): void {
  const config = route.config ?? {}
  for (const [key, value] of Object.entries(route)) {
    const meant = ROUTE_KEYS.includes(key) ? key : suggestKey(key, value, config)
    if (meant !== undefined) throw createOptionError(`${label}: "${key}" must be inside "config": { config: { ${meant}: ... } }`)
    if (isPluginName(key)) throw createOptionError(`${label}: "${key}" is unknown: put ${ROUTE_KEYS.join(', ')} into "config"`)
    checkNoOption(key, config, label)
    const nested = DESCRIPTIONS.includes(key) ? undefined : findNestedKey(key, value, config)
    if (nested !== undefined) throw createOptionError(`${label}: "${nested}" inside "${key}" has no effect: put it into "config". If it belongs to another plugin, give the route a "config" with { scopes: [] }, which requires an active token, or { access: 'public' }`)
  }
}

function checkNoOption (key: string, config: object, label: string): void {
  const option = findMisplacedOption(key, config)
  if (option !== undefined) throw createOptionError(`${label}: "${key}" has no effect on a route: "${option}" is an option of the plugin`)
}
