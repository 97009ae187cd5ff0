import type { FastifyInstance } from 'fastify'

/**
 * The routes that `onRoute` did not hear of, because they were declared first, among those that a hook runs for. Only their
 * names can be had at start, and only from the printed tree.
 *
 * @param hook the name of the hook
 * @param heard names as {@link routeNames} gives them
 */
export function unheardRoutes (app: FastifyInstance, hook: string, heard: ReadonlySet<string>): string[] {
  const unheard: string[] = []
  const path: string[] = []
  let names: string[] = []
  for (const line of app.printRoutes({ commonPrefix: false, includeMeta: ['onRequest'] }).split('\n')) {
    const text = line.replace(/^[│├└─ ]*/u, '')
    if (text.startsWith('• (onRequest)')) {
      if (text.includes(`"${hook}()"`)) unheard.push(...names.filter((name) => !heard.has(name)))
      continue
    }
    const node = /^(.*) \(([A-Z, ]+)\)(?: \{.*\})?$/u.exec(text)
    if (node === null) continue
    path.length = (line.length - text.length) / 4 - 1
    path.push(node[1]!)
    names = routeNames(node[2]!.split(', '), path.join(''))
  }
  return unheard
}

/** One name a method, spelled alike whether the declaration or the router tells it. A route for preflights is none. */
export function routeNames (methods: readonly string[], url: string): string[] {
  const plain = url.replaceAll('::', ':').replace(/\/+/g, '/').replace(/(.)\/$/, '$1').toLowerCase()
  const urls = plain.endsWith('?') ? [plain.slice(0, -1), plain.slice(0, plain.lastIndexOf('/')) || '/'] : [plain]
  return urls.flatMap((each) => methods.filter((method) => method !== 'OPTIONS').map((method) => `${method} ${each}`))
}
