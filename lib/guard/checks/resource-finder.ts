import type { FastifyRequest } from 'fastify'
import { posix } from 'node:path'
import type { Resource } from '../../options/resource-config.ts'
import { getRouterOption } from '../routes/router-options.ts'

/** Finds the protected resource that a request is inside of. */
export type ResourceFinder = (request: FastifyRequest) => Resource | undefined

/**
 * Creates the finder. The pattern of the route decides, because the router has already normalized the path. Where a pattern has
 * parameters (`/:tenant/mcp`, `/*`), the path of the request decides from the first parameter on. It decides alone for a request
 * that no route serves. A proxy behind the route could use another form of the path, as of `/./mcp`. Behind a wildcard, a proxy or
 * middleware could also ignore the case of `/MCP`. All forms count: if they are inside of several resources, one that denies
 * personal access tokens is found.
 *
 * @returns undefined if there is no resource
 */
export function createResourceFinder (resources: readonly Resource[]): ResourceFinder | undefined {
  if (resources.length === 0) return undefined
  const lowerCaseResources = resources.map((resource) => ({ resource, path: resource.path.toLowerCase() }))
  const findInAnyCase = (path: string): Resource | undefined => findResource(lowerCaseResources, path.toLowerCase())?.resource
  return (request) => {
    const anyCase = getRouterOption(request.server, 'caseSensitive') === false
    const path = getPath(request)
    const normalized = removeDotSegments(path)
    const candidates = [
      ...anyCase ? [] : [findResource(resources, path), findResource(resources, normalized)],
      ...anyCase || getPattern(request).includes('*') ? [findInAnyCase(path), findInAnyCase(normalized)] : []
    ].filter((found) => found !== undefined)
    return candidates.find(({ personalAccessTokens }) => !personalAccessTokens) ?? candidates[0]
  }
}

/** As `new URL()` does, which also takes a backslash for a slash. */
function removeDotSegments (path: string): string {
  return posix.normalize(path.replaceAll('\\', '/'))
}

/** The pattern of the route. A request that no route serves has any path. */
function getPattern ({ routeOptions }: FastifyRequest): string {
  return routeOptions.url ?? '*'
}

function getPath (request: FastifyRequest): string {
  const pattern = getPattern(request)
  const dynamic = pattern.search(/[:*]/)
  if (dynamic < 0) return mergeSlashes(pattern)
  const fixed = mergeSlashes(pattern.slice(0, dynamic))
  const path = normalizePath(request, pattern.includes('*'))
  // The router has matched the fixed part, whatever a target in an unusual form looks like.
  return path.toLowerCase().startsWith(fixed.toLowerCase()) ? fixed + path.slice(fixed.length) : fixed
}

/**
 * Undoes what a router undoes before it compares: a target in absolute form (`http://host/path`), percent-encoding and repeated slashes.
 *
 * @param hasEncodedSlashes whether an encoded slash separates segments: for a wildcard it does, in a parameter it does not
 */
function normalizePath ({ url, server }: FastifyRequest, hasEncodedSlashes: boolean): string {
  const [path] = removeOrigin(url).split(getRouterOption(server, 'useSemicolonDelimiter') === true ? /[?#;]/ : /[?#]/, 1)
  const decoded = path!.replaceAll(/%[0-9a-f]{2}/gi, (code) => code.toLowerCase() === '%2f' && !hasEncodedSlashes ? code : String.fromCharCode(parseInt(code.slice(1), 16)))
  return mergeSlashes(decoded)
}

/** The router takes any first character for the slash. */
function removeOrigin (url: string): string {
  const path = url.replace(/^https?:\/\/[^/?#]*/i, '')
  return path === url ? `/${url.slice(1)}` : path.replace(/^(?!\/)/, '/')
}

function mergeSlashes (path: string): string {
  return path.replaceAll(/\/{2,}/g, '/')
}

/** Finds the resource that contains a path. */
function findResource<T extends Pick<Resource, 'path'>> (resources: readonly T[], path: string): T | undefined {
  return resources.find((resource) => path === resource.path || path.startsWith(`${resource.path}/`))
}
