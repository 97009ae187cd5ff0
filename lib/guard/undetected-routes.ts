import type { FastifyInstance } from 'fastify'

/**
 * The routes that `onRoute` did not hear of, because they were declared first, among those that a hook runs for. Only their
 * names can be had at start, and only from the printed tree.
 *
 * @param hook the name of the hook
 * @param seen names as {@link getRouteNames} gives them
 */
export function findUndetectedRoutes (app: FastifyInstance, hook: string, seen: Iterable<string>): string[] {
  const shapes = new Set(Array.from(seen, removeParameterNames))
  const undetected: string[] = []
  const path: string[] = []
  let names: string[] = []
  for (const line of app.printRoutes({ includeMeta: ['onRequest'] }).split('\n')) {
    const text = line.replace(/^[│├└─ ]*/u, '')
    if (text.startsWith('• (onRequest)')) {
      if (text.includes(`"${hook}()"`)) undetected.push(...names.filter((name) => !shapes.has(removeParameterNames(name))))
      continue
    }
    const [, node, methods] = /^(.*?)(?: \(([A-Z, -]+)\)(?: \{.*\})?)?$/u.exec(text)!
    path.length = Math.max((line.length - text.length) / 4 - 1, 0)
    path.push(node === '(empty root node)' ? '' : node!)
    names = getRouteNames(methods?.split(', ') ?? [], path.join(''))
  }
  return undetected
}

/** One name a method, spelled alike whether the declaration or the router tells it. A route for preflights is none. */
export function getRouteNames (methods: readonly string[], url: string): string[] {
  const plain = url.replaceAll('::', ':').replace(/\/+/g, '/').replace(/(.)\/$/, '$1').toLowerCase()
  const urls = plain.endsWith('?') ? [plain.slice(0, -1), plain.slice(0, plain.lastIndexOf('/')) || '/'] : [plain]
  return urls.flatMap((each) => methods.filter((method) => method !== 'OPTIONS').map((method) => `${method} ${each}`))
}

/** A name without those of its parameters: where routes call the same one differently, the router tells `:id|:name`. */
function removeParameterNames (name: string): string {
  return name.replace(/:[^/\-.(:|]+/g, ':').replace(/(?<=\/)(:[^/]*?)(?:\|\1)+(?=\/|$)/g, '$1')
}
