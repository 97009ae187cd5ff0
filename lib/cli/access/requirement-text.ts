import type { RequirementDescription, RouteAccess, ToolsDescription } from '../../guard/rules/rule-description.ts'

/** Formats what a route requires, in the words of its config; `''` if it requires nothing but an active token. */
export function formatRequirement ({ mcp, ...requirement }: RouteAccess): string {
  return [...listRequirements(requirement), ...listTools(mcp)].join(', ')
}

function listRequirements ({ scopes, roles, organization, freshness }: RequirementDescription): string[] {
  return [
    formatSets('scopes', scopes),
    formatSets('roles', roles),
    organization === undefined ? '' : `organization ${organization}`,
    freshness === undefined ? '' : `freshness ${freshness} s`
  ].filter((text) => text !== '')
}

function listTools (mcp: ToolsDescription | undefined): string[] {
  if (mcp === undefined) return []
  const tools = Object.entries(mcp.tools).map(([name, requirement]) => {
    const requirements = listRequirements(requirement).join(', ')
    return requirements === '' ? `tool ${name}` : `tool ${name} (${requirements})`
  })
  return [...tools, `other tools ${mcp.otherTools}`]
}

function formatSets (name: string, sets: RouteAccess['roles']): string {
  return sets === undefined || sets.length === 0 ? '' : `${name} ${formatAllOrAny(sets)}`
}

/** All names of a set are required, and one of the sets. */
export function formatAllOrAny (sets: NonNullable<RouteAccess['roles']>): string {
  return sets.every((set) => typeof set === 'string') ? sets.join(' and ') : sets.map((set) => [set].flat().join(' and ')).join(', or ')
}
