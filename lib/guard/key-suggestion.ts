import { suggestName } from '../options/suggest-name.ts'
import { ROUTE_KEYS } from '../options/route-options.ts'

const toMap = (names: readonly string[], key: string): Array<[string, string]> => names.map((name) => [name, key])

/** Other spellings, too far from the key to be found by its letters. */
const SPELLINGS = new Map(toMap(['organisation', 'organisations'], 'organization'))

/** Words of other guards for roles and scopes. A route that guards itself (`access: 'own'`) may use them. */
const GUARD_WORDS = new Map([...toMap(['role', 'roles'], 'roles'), ...toMap(['scope', 'scopes'], 'scopes')])

/** What other guards put before or after these words: `requiredRoles`, `rolesAllowed`, `hasAnyRole`, `roleNames`. */
const GUARD_AFFIXES = /requires(?!cope)|required?|allow(?:ed)?|accepted|permitted|authori[sz]ed|granted|needed|needs?|must|have|has|with|any|all|one|of|only|min|user|oauth|auth|access|api|zitadel|(?<=(?:role|scope)s?)(?:names?|keys?|lists?)/g

/** Options of the plugin that narrow what is accepted. They have no effect on one route. */
const OPTION_WORDS = new Map([
  ...['projectId', 'clients', 'personalAccessTokens', 'customScopes', 'undeclaredRoutes', 'unmatched'].map((name) => [name.toLowerCase(), name] as const),
  ...toMap(['clientid', 'clientids', 'allowedclient', 'allowedclients', 'allowedclientids'], 'clients'),
  ...toMap(['projectids', 'audience', 'audiences', 'aud'], 'projectId')
])

/** Words for an organization. Where a route declares `access`, no organization is checked, and they belong to others. */
const ORGANIZATION_WORD = /^(?:in|for|required?|allowed)?(?:(?:organi[sz]ation|org|tenant)(?:s|ids?|domain)?|resourceowner(?:id)?|primarydomain)$/

/** Words that other plugins use too. They are refused only where a route declares nothing of this plugin. */
const COMMON_WORD = /^(?:requires?|required|allow|allowed|needs?|has|any)*(?:permissions?|privileges?|authority|authorities)(?:required|needed)?$|^(?:requires?|required|allowed|has|any)+(?:groups?|claims?)$/

/**
 * Finds the key of this plugin that was probably meant by a key of a route's config: a misspelling, or the word that other
 * guards use.
 *
 * @param config the route's config that has the key
 * @returns undefined for a key that is right or that belongs to others
 */
export function suggestKey (given: string, config: object): string | undefined {
  if (ROUTE_KEYS.includes(given)) return undefined
  const name = normalize(given)
  const declares = (key: string): boolean => Object.hasOwn(config, key)
  return SPELLINGS.get(name) ?? suggestName(given, ROUTE_KEYS) ??
    ((config as { access?: unknown }).access === 'own' && declares('access') ? undefined : GUARD_WORDS.get(name.replaceAll(GUARD_AFFIXES, ''))) ??
    (!declares('access') && ORGANIZATION_WORD.test(name) ? 'organization' : undefined) ??
    (!ROUTE_KEYS.some(declares) && COMMON_WORD.test(name) ? 'roles' : undefined)
}

/**
 * Finds a requirement inside of the value of another key, such as `{ auth: { roles: [...] } }`.
 *
 * @param config the config of the route. Where it declares something of this plugin, the value belongs to others
 */
export function findNestedKey (value: unknown, config: object): string | undefined {
  if (typeof value !== 'object' || value === null || ROUTE_KEYS.some((key) => Object.hasOwn(config, key))) return undefined
  return ['roles', 'scopes'].find((key) => Object.hasOwn(value, key) && Array.isArray((value as Record<string, unknown>)[key]))
}

/**
 * Finds the option of the plugin that a key of a route's config is the name of.
 *
 * @param config the route's config that has the key. Where it declares `access`, no option of this plugin would matter
 */
export function findMisplacedOption (given: string, config: object): string | undefined {
  return Object.hasOwn(config, 'access') ? undefined : OPTION_WORDS.get(normalize(given))
}

/** Whether a key is the name of this plugin. */
export function isPluginName (given: string): boolean {
  return ['zitadel', 'fastifyzitadel'].includes(normalize(given))
}

function normalize (key: string): string {
  return key.toLowerCase().replaceAll(/[_-]/g, '')
}
