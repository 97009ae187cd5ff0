import type { Requirement } from '../guard/rules/requirement.ts'

/** One way to satisfy a requirement. */
export interface AccessAlternative {
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
}

/** Lists the ways to satisfy a requirement, each of which is enough. */
export function listAlternatives ({ scopes, roles }: Requirement): AccessAlternative[] {
  const scopeSets = scopes.length === 0 ? [{ zitadel: [], custom: [] }] : scopes
  const roleSets = roles.length === 0 ? [[]] : roles
  return scopeSets.flatMap(({ zitadel, custom }) => roleSets.map((set) => ({ scopes: zitadel, roles: [...new Set([...custom, ...set])] })))
}
