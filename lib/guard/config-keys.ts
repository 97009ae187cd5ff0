import { createOptionError } from '../errors.ts'
import { findMisplacedOption, isPluginName, ROUTE_KEYS, suggestKey } from './key-suggestion.ts'
import { checkOwnKeys, isKeyedObject } from './requirement.ts'

/**
 * Throws for a route's config with keys that would not be enforced.
 *
 * @throws ZitadelError `FST_ZITADEL_OPTION`
 */
export function checkConfigKeys (config: object, label: string): void {
  if (!isKeyedObject(config)) throw createOptionError(`${label}: "config" must be an object: { ${ROUTE_KEYS.join(', ')} }`)
  checkOwnKeys(config, ROUTE_KEYS, label)
  for (const key of Object.keys(config)) {
    if (isPluginName(key)) throw createOptionError(`${label}: "${key}" is unknown: put ${ROUTE_KEYS.join(', ')} directly into "config"`)
    const option = findMisplacedOption(key, config)
    if (option !== undefined) throw createOptionError(`${label}: "${key}" has no effect on a route: "${option}" is an option of the plugin`)
    const meant = suggestKey(key, config)
    if (meant !== undefined) throw createOptionError(`${label}: "${key}" is unknown, did you mean "${meant}"?`)
  }
}

/**
 * Throws for keys that were written beside `config` instead of inside it, misspelt ones too: Fastify ignores them there.
 *
 * @param route the options of a route
 * @throws ZitadelError `FST_ZITADEL_OPTION`
 */
export function checkKeysBesideConfig (route: { readonly config?: object }, label: string): void {
  for (const key of Object.keys(route)) {
    const meant = ROUTE_KEYS.includes(key) ? key : suggestKey(key, route.config ?? {})
    if (meant !== undefined) throw createOptionError(`${label}: "${key}" must be inside "config": { config: { ${meant}: ... } }`)
    if (isPluginName(key)) throw createOptionError(`${label}: "${key}" is unknown: put ${ROUTE_KEYS.join(', ')} into "config"`)
  }
}
