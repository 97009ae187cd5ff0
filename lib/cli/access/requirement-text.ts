import type { RouteAccess } from '../../guard/route-table.ts'

/** Formats what a route requires, in the words of its config; `''` if it requires nothing but an active token. */
export function formatRequirement ({ scopes, roles, organization, freshness }: RouteAccess): string {
  return [
    formatSets('scopes', scopes),
    formatSets('roles', roles),
    organization === undefined ? '' : `organization ${organization}`,
    freshness === undefined ? '' : `freshness ${freshness} s`
  ].filter((text) => text !== '').join(', ')
}

function formatSets (name: string, sets: RouteAccess['roles']): string {
  return sets === undefined || sets.length === 0 ? '' : `${name} ${formatAllOrAny(sets)}`
}

/** All names of a set are required, and one of the sets. */
export function formatAllOrAny (sets: NonNullable<RouteAccess['roles']>): string {
  return sets.every((set) => typeof set === 'string') ? sets.join(' and ') : sets.map((set) => [set].flat().join(' and ')).join(', or ')
}
