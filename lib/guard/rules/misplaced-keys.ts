import { types } from 'node:util'
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

/** A key with the requirements of a guard. Inside any other, roles can be data, and a scope can be that of a cache. */
const GUARD_KEY = /^(?:auth|authn|authz|authori[sz]ation|guards?|access|security|protect(?:ed|ion)?)$|zitadel/

/**
 * Finds a requirement inside of the value of another key, such as `{ auth: { roles: [...] } }`.
 *
 * @param config the config of the route. Where it declares something of this plugin, the value belongs to others
 */
export function findNestedKey (outer: string, value: unknown, config: object): string | undefined {
  if (ROUTE_KEYS.some((key) => Object.hasOwn(config, key))) return undefined
  const left = { members: MAX_MEMBERS }
  if (GUARD_KEY.test(normalizeKey(outer))) return searchGuard(value, MAX_DEPTH, left)
  for (const [key, { value: inner }] of listMembers(value, left)) {
    if (['roles', 'scopes'].includes(key) && isNameList(inner)) return key
    const found = GUARD_KEY.test(normalizeKey(key)) ? searchGuard(inner, MAX_DEPTH, left) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

/** Inside the key of a guard, any value of such a word is a requirement. */
function searchGuard (value: unknown, depth: number, left: { members: number }): string | undefined {
  if (depth === 0) return undefined
  for (const [key, { value: inner, get }] of listMembers(value, left)) {
    const isGiven = get !== undefined || ![undefined, null, '', true, false].includes(inner)
    const found = isGiven && findGuardWord(normalizeKey(key)) !== undefined ? key : searchGuard(inner, depth - 1, left)
    if (found !== undefined) return found
  }
  return undefined
}

/** The members of an object of another plugin. Runs no code of it: no getter, and no trap of a proxy. A long array is data. */
function * listMembers (value: unknown, left: { members: number }): Generator<[key: string, descriptor: PropertyDescriptor]> {
  if (typeof value !== 'object' || value === null || types.isProxy(value) || ArrayBuffer.isView(value) || (Array.isArray(value) && value.length > MAX_MEMBERS)) return
  for (const key of Object.keys(value)) {
    if (left.members-- <= 0) return
    yield [key, Object.getOwnPropertyDescriptor(value, key)!]
  }
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
