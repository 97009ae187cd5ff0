import type { FastifyInstance } from 'fastify'

/** A route as the router prints it. Only the printed tree lists routes that were declared before a plugin. */
export interface PrintedRoute {
  /** As {@link getRouteNames} returns it. */
  readonly name: string
  /** Equal for the same route at any time of the start: without the names of parameters, with the constraints. */
  readonly id: string
  /** The names of its onRequest hooks, as printed; empty before the server is ready. */
  readonly hooks: string
}

/** Lists the routes of the server, in every scope, without those that only serve OPTIONS. */
export function listPrintedRoutes (app: FastifyInstance): PrintedRoute[] {
  const routes: PrintedRoute[] = []
  const path: string[] = []
  let last: PrintedRoute[] = []
  for (const line of app.printRoutes({ includeMeta: ['onRequest'] }).split('\n')) {
    const text = line.replace(/^[│├└─ ]*/u, '')
    if (text.startsWith('• (onRequest)')) {
      routes.splice(-last.length, last.length, ...last.map((route) => ({ ...route, hooks: text })))
      continue
    }
    const [, node, methods, constraints = ''] = /^(.*?)(?: \(([A-Z, -]+)\)( \{.*\})?)?$/u.exec(text)!
    // A further route of the same node is printed on a line of its own that repeats the node.
    path.length = Math.max((line.length - text.length) / 4 - 1, 0)
    path.push(node === '(empty root node)' ? '' : node!)
    last = getRouteNames(methods?.split(', ') ?? [], path.join('')).map((name) => ({ name, id: removeParameterNames(name) + constraints, hooks: '' }))
    routes.push(...last)
  }
  return routes
}

/**
 * Finds routes of a scope that `onRoute` did not see.
 *
 * @param routes the routes of the scope when the server is ready
 * @param early the routes of the server when the plugin added its `onRoute` hook
 * @param seen names of routes that `onRoute` saw
 */
export function findUndetectedRoutes (routes: readonly PrintedRoute[], early: readonly PrintedRoute[], seen: Iterable<string>): string[] {
  const shapes = new Set(Array.from(seen, removeParameterNames))
  const earlyIds = new Set(early.map(({ id }) => id))
  const undetected = routes.filter(({ name, id }) => earlyIds.has(id) || !shapes.has(removeParameterNames(name)))
  return [...new Set(undetected.map(({ name }) => name))]
}

/** Returns one name for each method, in the same form for a declared route and a printed one. OPTIONS has none. */
export function getRouteNames (methods: readonly string[], url: string): string[] {
  const plain = url.replaceAll('::', ':').replace(/\/+/g, '/').replace(/(.)\/$/, '$1').toLowerCase()
  const urls = plain.endsWith('?') ? [plain.slice(0, -1), plain.slice(0, plain.lastIndexOf('/')) || '/'] : [plain]
  return urls.flatMap((each) => methods.filter((method) => method !== 'OPTIONS').map((method) => `${method} ${each}`))
}

/** If routes name the same parameter differently, the router prints `:id|:name`. */
function removeParameterNames (name: string): string {
  return name.replace(/:[^/\-.(:|]+/g, ':').replace(/(?<=\/)(:[^/]*?)(?:\|\1)+(?=\/|$)/g, '$1')
}
