import { suggestName } from '../options/keys.ts'
import { REQUIREMENT_KEYS } from './requirement.ts'

/** The keys of a route's config that belong to this plugin. */
export const ROUTE_KEYS: readonly string[] = [...REQUIREMENT_KEYS, 'mcp', 'access']

const toMap = (names: readonly string[], key: string): Array<[string, string]> => names.map((name) => [name, key])

/** Other spellings, too far from the key to be found by its letters. */
const SPELLINGS = new Map(toMap(['organisation', 'organisations'], 'organization'))

/** Words of other guards for roles and scopes. A route that guards itself (`access: 'own'`) may use them. */
const GUARD_WORDS = new Map([
  ...toMap(['requiredrole', 'requiredroles', 'requirerole', 'requireroles', 'requiresroles', 'allowedrole', 'allowedroles', 'rolesallowed', 'anyrole', 'anyroles', 'anyofroles', 'allroles', 'hasrole', 'hasroles', 'hasanyrole', 'needsroles', 'minrole', 'withroles'], 'roles'),
  ...toMap(['requiredscope', 'requiredscopes', 'requirescope', 'requirescopes', 'requiresscopes', 'allowedscopes', 'anyscope', 'anyscopes', 'allscopes', 'hasscope', 'hasscopes', 'hasanyscope', 'needsscopes'], 'scopes')
])

/** Words for an organisation. Where a route declares `access`, no organisation is checked, and they belong to others. */
const ORGANIZATION_WORDS = new Map(toMap(['organizationid', 'organizationids', 'organisationid', 'orgid', 'orgids', 'org', 'orgs', 'tenant', 'tenantid', 'tenants'], 'organization'))

/** Words that other plugins use too. They are refused only where a route declares nothing of this plugin. */
const COMMON_WORDS = new Map(toMap(['permission', 'permissions', 'requiredpermission', 'requiredpermissions', 'authorities'], 'roles'))

/**
 * Finds the key of this plugin that was probably meant by a key of a route's config: a misspelling, or the word that other
 * guards use.
 *
 * @param config the route's config that has the key
 * @returns undefined for a key that is right or that belongs to others
 */
export function suggestKey (given: string, config: object): string | undefined {
  if (ROUTE_KEYS.includes(given)) return undefined
  const name = given.toLowerCase().replaceAll(/[_-]/g, '')
  const declares = (key: string): boolean => Object.hasOwn(config, key)
  return SPELLINGS.get(name) ?? suggestName(given, ROUTE_KEYS) ??
    ((config as { access?: unknown }).access === 'own' && declares('access') ? undefined : GUARD_WORDS.get(name)) ??
    (declares('access') ? undefined : ORGANIZATION_WORDS.get(name)) ??
    (ROUTE_KEYS.some(declares) ? undefined : COMMON_WORDS.get(name))
}
