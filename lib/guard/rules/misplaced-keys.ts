import { ROUTE_KEYS } from '../../options/route-options.ts'
import { findGuardWord, isNameList, normalizeKey, toEntries } from './key-suggestion.ts'

/** Options of the plugin that narrow what is accepted. They have no effect on one route. */
const OPTION_WORDS = new Map([
  ...['projectId', 'clients', 'personalAccessTokens', 'customScopes', 'undeclaredRoutes', 'unmatched'].map((name) => [name.toLowerCase(), name] as const),
  ...toEntries(['clientid', 'clientids', 'allowedclient', 'allowedclients', 'allowedclientids'], 'clients'),
  ...toEntries(['projectids', 'audience', 'audiences', 'aud'], 'projectId')
])

/** Objects and arrays inside of each other that are searched. */
const MAX_DEPTH = 4

/**
 * Finds a requirement inside of the value of another key, such as `{ auth: { roles: [...] } }`.
 *
 * @param config the config of the route. Where it declares something of this plugin, the value belongs to others
 */
export function findNestedKey (value: unknown, config: object): string | undefined {
  return ROUTE_KEYS.some((key) => Object.hasOwn(config, key)) ? undefined : searchKey(value, MAX_DEPTH)
}

/** Calls no getter of an object of another plugin. */
function searchKey (value: unknown, depth: number): string | undefined {
  if (typeof value !== 'object' || value === null || depth === 0 || ArrayBuffer.isView(value)) return undefined
  for (const [key, { value: inner }] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
    const found = isNameList(inner) && findGuardWord(normalizeKey(key)) !== undefined ? key : searchKey(inner, depth - 1)
    if (found !== undefined) return found
  }
  return undefined
}

/**
 * Finds the option of the plugin that a key of a route's config is the name of.
 *
 * @param config the route's config that has the key. Where it declares `access`, no option of this plugin would matter
 */
export function findMisplacedOption (given: string, config: object): string | undefined {
  return Object.hasOwn(config, 'access') ? undefined : OPTION_WORDS.get(normalizeKey(given))
}

/** Whether a key is the name of this plugin. */
export function isPluginName (given: string): boolean {
  return ['zitadel', 'fastifyzitadel'].includes(normalizeKey(given))
}
