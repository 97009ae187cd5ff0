import type { FastifyRequest } from 'fastify'
import { findResource, type Resource } from '../options/resources.ts'

/** Finds the protected resource that a request is inside of. */
export type ResourceFinder = (request: FastifyRequest) => Resource | undefined

/**
 * Creates the finder. The pattern of the route decides, because the router has already normalized the path. Only for a route whose
 * pattern does not name a path (`/:tenant/mcp`, `/*`), and for a request that no route serves, the path of the request decides.
 *
 * @returns undefined if there is no resource
 */
export function createResourceFinder (resources: readonly Resource[]): ResourceFinder | undefined {
  return resources.length === 0 ? undefined : ({ routeOptions: { url: pattern }, url }) => findResource(resources, pattern === undefined || /[:*]/.test(pattern) ? normalizePath(url) : pattern)
}

/** Undoes what a router may undo before it compares: percent-encoding and repeated slashes. */
function normalizePath (url: string): string {
  const path = url.split(/[?#;]/, 1)[0]!
  return path.replaceAll(/%[0-9a-f]{2}/gi, (code) => String.fromCharCode(parseInt(code.slice(1), 16))).replaceAll(/\/{2,}/g, '/')
}
