import { types } from 'node:util'
import { suggestName } from '../../options/suggest-name.ts'
import { ROUTE_KEYS } from '../../options/route-options.ts'

/** Creates the entries of a map from each name to one key. */
export const toEntries = (names: readonly string[], key: string): Array<[string, string]> => names.map((name) => [name, key])

/** Other spellings, too far from the key to be found by its letters. */
const SPELLINGS = new Map(toEntries(['organisation', 'organisations'], 'organization'))

/** Words of other guards for roles and scopes. A route that guards itself (`access: 'own'`) may use them. */
const GUARD_WORDS = new Map([...toEntries(['role', 'roles'], 'roles'), ...toEntries(['scope', 'scopes'], 'scopes')])

/** Words that other guards put before or after these: `requiredRoles`, `rolesAllowed`, `hasAnyRole`. A word comes before its own beginning. */
const AFFIXES = [
  'required', 'allowed', 'allow', 'accepted', 'permitted', 'authorized', 'authorised', 'granted', 'expected', 'checked', 'needed', 'must', 'have', 'has', 'with',
  'any', 'all', 'one', 'of', 'only', 'minimum', 'min',
  'user', 'route', 'project', 'organization', 'organisation', 'org', 'tenant', 'oauth', 'auth', 'access', 'api', 'zitadel'
]

/** All of them in a key that is written without separators. */
const GUARD_AFFIXES = new RegExp([
  ...AFFIXES,
  // Verbs whose last letter can belong to the next word: `requireScope`.
  'requires(?!cope)', 'require', 'checks?(?!cope)', 'needs?(?!cope)',
  // What follows only: `roleNames`, `roleIds`.
  '(?<=(?:role|scope)s?)(?:names?|keys?|lists?|guards?)',
  '(?<=roles?)ids?'
].join('|'), 'g')

/** Words for an organization. Where a route declares `access`, no organization is checked, and they belong to others. */
const ORGANIZATION_WORD = /^(?:in|for|required?|allowed)?(?:(?:organi[sz]ation|org|tenant)(?:s|ids?|domain)?|resourceowner(?:id)?|primarydomain)$/

/** Words that other plugins use too. They are refused only where a route declares nothing of this plugin. */
const COMMON_WORD = /^(?:requires?|required|allow|allowed|needs?|has|any)*(?:permissions?|privileges?|authority|authorities)(?:required|needed)?$|^(?:requires?|required|allowed|has|any)+(?:groups?|claims?)$/

/** Words of their own that are near to those for roles and scopes. */
const OTHER_WORDS = ['rule', 'rules', 'hole', 'holes', 'pole', 'poles', 'roll', 'rolls', 'sole', 'soles', 'score', 'scores', 'slope', 'slopes', 'scoped']

/** Words that are refused only with a list of names, because they have other meanings too. */
const ACCESS_LISTS = ['rights', 'rbac', 'abac', 'acl']

/** A longer list is data. */
const MAX_NAMES = 1000

/**
 * Finds the key of this plugin that was probably meant by a key of a route's config: a misspelling, or the word that other
 * guards use.
 *
 * @param value of the key
 * @param config the route's config that has the key
 * @returns undefined for a key that is right or that belongs to others
 */
export function suggestKey (given: string, value: unknown, config: object): string | undefined {
  if (ROUTE_KEYS.includes(given)) return undefined
  const name = normalizeKey(given)
  const declares = (key: string): boolean => Object.hasOwn(config, key)
  const isOwn = declares('access') && (config as { access?: unknown }).access === 'own'
  const nearKey = SPELLINGS.get(name) ?? suggestName(given, ROUTE_KEYS)
  return (isOwn && GUARD_WORDS.has(name) ? undefined : nearKey) ?? (name.startsWith('freshness') && !declares('access') ? 'freshness' : undefined) ??
    (isOwn ? undefined : findGuardWord(name)) ??
    (!declares('access') && (ORGANIZATION_WORD.test(name) || suggestName(name, [...SPELLINGS.keys(), 'resourceowner']) !== undefined) ? 'organization' : undefined) ??
    (ROUTE_KEYS.some(declares) ? undefined : COMMON_WORD.test(name) ? 'roles' : findWordOfNames(given, name, value))
}

/**
 * Finds `roles` or `scopes` for a word of other guards, such as `requiredRoles`.
 *
 * @param name the normalized key
 */
export function findGuardWord (name: string): string | undefined {
  return GUARD_WORDS.get(name.replaceAll(GUARD_AFFIXES, ''))
}

/** Whether a value can be a list of roles or scopes in the config of another guard. */
export function isNameList (value: unknown): boolean {
  if (typeof value === 'string') return value !== ''
  if (types.isProxy(value)) return false
  return types.isSet(value) || (Array.isArray(value) && value.length <= MAX_NAMES && value.flat().every((name) => typeof name === 'string'))
}

/** Writes a key without capital letters and separators. */
export function normalizeKey (key: string): string {
  return key.toLowerCase().replaceAll(/[_.:\s-]/g, '')
}

/** Finds the key for a word that is near to those of guards, or contains one, if its value can be names. */
function findWordOfNames (given: string, name: string, value: unknown): string | undefined {
  if (!isNameList(value) || OTHER_WORDS.includes(name)) return undefined
  if (ACCESS_LISTS.includes(name)) return typeof value === 'string' ? undefined : 'roles'
  const words = given.split(/[^A-Za-z]+|(?=[A-Z])/).map((word) => word.toLowerCase())
  // Four letters have too many words near them, and one scope can be that of a cache.
  const word = suggestName(name, [...GUARD_WORDS.keys()]) ?? suggestName(name, ['roles', 'scope', 'scopes'], true) ?? ['role', 'roles', 'scopes'].find((each) => words.includes(each))
  return word && GUARD_WORDS.get(word)
}
