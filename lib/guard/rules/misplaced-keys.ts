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

/** Members that are searched at most, because the config of another plugin can be large. */
const MAX_MEMBERS = 200

/** A key with the requirements of a guard. Elsewhere, one role or scope can be another thing: `{ cache: { scope: 'private' } }`. */
const GUARD_KEY = /^(?:auth|authn|authz|authori[sz]ation|guards?|access|security|protect(?:ed|ion)?)$|zitadel/

/**
 * Finds a requirement inside of the value of another key, such as `{ auth: { roles: [...] } }`.
 *
 * @param config the config of the route. Where it declares something of this plugin, the value belongs to others
 */
export function findNestedKey (outer: string, value: unknown, config: object): string | undefined {
  if (ROUTE_KEYS.some((key) => Object.hasOwn(config, key))) return undefined
  return searchKey(value, GUARD_KEY.test(normalizeKey(outer)), MAX_DEPTH, { members: MAX_MEMBERS })
}

/** Calls no getter of an object of another plugin. */
function searchKey (value: unknown, isOfGuard: boolean, depth: number, left: { members: number }): string | undefined {
  if (typeof value !== 'object' || value === null || depth === 0 || ArrayBuffer.isView(value)) return undefined
  // An array that is that long is data, and a list of its keys would take long.
  if (Array.isArray(value) && value.length > MAX_MEMBERS) return undefined
  for (const key in value) {
    if (left.members-- <= 0) return undefined
    const { value: inner } = Object.getOwnPropertyDescriptor(value, key) ?? {}
    const name = normalizeKey(key)
    if (findGuardWord(name) !== undefined && isNameList(inner) && (isOfGuard || typeof inner !== 'string' || name.endsWith('s'))) return key
    const found = searchKey(inner, isOfGuard || GUARD_KEY.test(name), depth - 1, left)
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
