import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { createOptionError } from '../../errors.ts'

/** An app of any server type, with any type provider. */
export type AnyApp = FastifyInstance<any, any, any, any, any>

/** Fastify's data of a route. It is the same object for every request of the route. */
export interface RouteContext {
  readonly config: FastifyContextConfig & { readonly url: string, readonly method: FastifyRequest['method'] | FastifyRequest['method'][] }
  readonly schema?: object
  /** Every hook that runs for the route, in order; null before the app is ready, and if there is none. */
  readonly onRequest: ReadonlyArray<(...args: never[]) => unknown> | null
  preHandler: ReadonlyArray<(...args: never[]) => unknown> | null
  readonly handler: (request: FastifyRequest, reply: FastifyReply) => unknown
}

/** One method of one route. */
export interface ServedRoute {
  readonly method: string
  /** The pattern, with the prefix. A route with an optional parameter has two. */
  readonly url: string
  readonly params: readonly string[]
  /** `version`, `host` and custom constraints. */
  readonly constraints: Readonly<Record<string, unknown>>
  readonly context: RouteContext
  /** Runs the hooks and the handler of a context, as the router does. */
  readonly handle: (request: FastifyRequest['raw'], response: FastifyReply['raw'], params: object, context: RouteContext, query: object) => void
}

/** A route of the router, as its printer gets it. */
interface RouterRoute extends Omit<ServedRoute, 'url' | 'context' | 'constraints' | 'handle'> {
  readonly path: string
  readonly opts: Pick<ServedRoute, 'constraints'>
  readonly store: RouteContext
  readonly handler: ServedRoute['handle']
}

/**
 * Lists the routes of a server, in every scope, also those that were declared before the plugin. Fastify has no public list of
 * routes: the printer of the tree is given a function that keeps each route.
 *
 * @throws ZitadelError `FST_ZITADEL_OPTION` if this version of Fastify does not give the routes to the printer
 */
export function listServedRoutes (app: AnyApp): ServedRoute[] {
  const routes: ServedRoute[] = []
  const buildPrettyMeta = ({ method, path, params, opts, store, handler }: RouterRoute): object => {
    routes.push({ method, url: path, params, constraints: opts.constraints, context: store, handle: handler })
    return {}
  }
  const options = Object.defineProperty({ includeMeta: [] }, 'buildPrettyMeta', { get: () => buildPrettyMeta, set: () => {} })
  const tree = app.printRoutes(options)
  const isComplete = routes.length > 0 ? routes.every(({ context }) => typeof context?.handler === 'function') : tree === '(empty tree)'
  if (!isComplete) throw createOptionError('the routes of this version of Fastify cannot be listed')
  return routes
}

const lists = new WeakMap<object, readonly ServedRoute[]>()

/** The same for a server whose `onReady` hooks run: its routes stay the same then. The list takes about 0.1 ms for a route, so it is made once. */
export function listRoutesWhenReady (app: AnyApp): readonly ServedRoute[] {
  const routes = lists.get(app.server) ?? listServedRoutes(app)
  lists.set(app.server, routes)
  return routes
}
