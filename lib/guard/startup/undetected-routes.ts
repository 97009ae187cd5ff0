import type { RouteContext, ServedRoute } from '../routes/served-routes.ts'

/**
 * Finds routes of a scope that `onRoute` did not see.
 *
 * @param routes the routes of the scope when the server is ready
 * @param early the routes of the server when the plugin added its `onRoute` hook
 * @param seen names of routes that `onRoute` saw
 */
export function findUndetectedRoutes (routes: readonly ServedRoute[], early: readonly ServedRoute[], seen: ReadonlySet<string>): ServedRoute[] {
  const earlyContexts = new Set<RouteContext>(early.map(({ context }) => context))
  return routes.filter(({ method, url, context }) => {
    const [name] = getRouteNames([method], url)
    return name !== undefined && (earlyContexts.has(context) || !seen.has(name))
  })
}

/** Returns one name for each method, in the same form for a declared route and a served one. OPTIONS has none. */
export function getRouteNames (methods: readonly string[], url: string): string[] {
  const plain = url.replaceAll('::', ':').replace(/\/+/g, '/').replace(/(.)\/$/, '$1').toLowerCase()
  const urls = plain.endsWith('?') ? [plain.slice(0, -1), plain.slice(0, plain.lastIndexOf('/')) || '/'] : [plain]
  return urls.flatMap((each) => methods.filter((method) => method !== 'OPTIONS').map((method) => `${method} ${each}`))
}

/** The names of routes, each once. */
export function listRouteNames (routes: readonly ServedRoute[]): string[] {
  return [...new Set(routes.flatMap(({ method, url }) => getRouteNames([method], url)))]
}
