import type { RouteRule } from '../guard/rules/route-rules.ts'
import { listAlternatives, type AccessAlternative } from './access-alternatives.ts'

/**
 * Describes what the guard requires of a request, in Markdown.
 *
 * @param rule of a route that the guard protects
 */
export function describeAccess ({ isOptional, requirement }: RouteRule): string {
  if (isOptional) return 'An access token is optional. An invalid one is denied.'
  const alternatives = listAlternatives(requirement).map(describeAlternative).filter((text) => text !== '')
  const grants = alternatives.length === 0 ? '' : ` with ${alternatives.join(', or ')}`
  return `Requires an access token${grants}.${describeOrganization(requirement.organization)}${describeFreshness(requirement.maxAge)}`
}

function describeAlternative ({ scopes, roles }: AccessAlternative): string {
  return [formatNames('scope', scopes), formatNames('role', roles)].filter((text) => text !== '').join(' and ')
}

function formatNames (noun: string, names: readonly string[]): string {
  if (names.length === 0) return ''
  return `the ${noun}${names.length === 1 ? '' : 's'} ${names.map((name) => `\`${name}\``).join(' and ')}`
}

function describeOrganization (organization: unknown): string {
  if (organization === undefined) return ''
  return ` Roles must be held in ${typeof organization === 'string' ? `the organization \`${organization}\`` : 'the organization that the request names'}.`
}

function describeFreshness (maxAge: number): string {
  if (maxAge === Infinity) return ''
  return maxAge === 0 ? ' ZITADEL is asked for every request.' : ` ZITADEL's response about the token may be ${maxAge / 1000} seconds old.`
}
