import type { RouteAccess } from '../rules/rule-description.ts'
import type { ServedRoute } from './served-routes.ts'

/** A row of the table of routes: who may call what. */
export interface RouteRow extends RouteAccess {
  readonly method: string
  /** The pattern, with the prefix. */
  readonly url: string
  /** `version`, `host` and custom constraints; absent if there is none. A regular expression is text. */
  readonly constraints?: Readonly<Record<string, string>>
}

export function createRow ({ method, url, constraints }: ServedRoute, access: RouteAccess): RouteRow {
  const named = Object.entries(constraints).map(([name, value]) => [name, String(value)])
  return { method, url, ...(named.length > 0 && { constraints: Object.fromEntries(named) }), ...access }
}

/**
 * Sorts rows by URL, method and constraints, so that two tables can be compared line by line. It leaves out a HEAD route with the same
 * access as the GET route, because Fastify adds one to each.
 */
export function sortRows (rows: readonly RouteRow[]): RouteRow[] {
  const toKey = ({ method, url, constraints }: RouteRow): string => JSON.stringify([url, method, constraints ?? {}])
  const withoutMethod = ({ method, ...row }: RouteRow): string => JSON.stringify(row)
  const gets = new Set(rows.filter(({ method }) => method === 'GET').map(withoutMethod))
  return rows.filter((row) => row.method !== 'HEAD' || !gets.has(withoutMethod(row))).sort((a, b) => toKey(a) < toKey(b) ? -1 : 1)
}
