import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { listServedRoutes, type AnyApp, type RouteContext, type ServedRoute } from '../../guard/routes/served-routes.ts'
import { listNotFoundContexts } from '../../guard/routes/not-found-contexts.ts'

/** A request to try. */
export interface TriedRequest {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/** What became of a request. */
export interface ProbedRequest {
  /** Undefined if there was no response. */
  readonly status: number | undefined
  /** Undefined if no route matches. */
  readonly route: ServedRoute | undefined
  /** The scope of the route; undefined if no route matches. */
  readonly scope: FastifyInstance | undefined
  /** Whether every hook before the handler let the request pass. */
  readonly isAllowed: boolean
  /** What denied the request, if an error did. */
  readonly denial: Error | undefined
  /** What was thrown or destroyed the response, if anything did. */
  readonly failure: { readonly error: unknown, readonly isBeforeHooks: boolean } | undefined
  /** If no route matches: the methods that the URL is served for. */
  readonly otherMethods: readonly string[]
}

type Hook = (request: FastifyRequest, reply: FastifyReply, done: () => void) => void
type ErrorHook = (request: FastifyRequest, reply: FastifyReply, error: Error, done: () => void) => void
type MutableContext = { -readonly [K in keyof RouteContext]: RouteContext[K] } & Record<'onError' | 'onSend' | 'onResponse', unknown>

/** The current request, for the hooks. */
interface Observation {
  /** Whether only the route is searched, so that no other hook runs. */
  readonly isLookup: boolean
  /** What the router found. A hook that calls the not-found handler changes the request. */
  found?: { readonly is404: boolean, readonly method: string, readonly config: unknown, readonly scope: FastifyInstance }
  isHandlerReached?: boolean
  denial?: Error
  failure?: ProbedRequest['failure']
}

/** So that a path is not taken for a URL with a host: a browser reads `/\\` as `//`. */
const ORIGIN = 'http://localhost'
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/**
 * Sends a request through the router and the hooks of an app, up to its handler. No handler of the app runs, neither for this
 * request nor for any later one: the app can only be closed afterwards.
 *
 * @param timeout milliseconds for the hooks
 */
export async function probeRequest (app: AnyApp, request: TriedRequest, timeout: number): Promise<ProbedRequest> {
  await app.ready()
  const routes = listServedRoutes(app)
  let current: Observation
  for (const context of new Set<unknown>([...routes.map(({ context }) => context), ...listNotFoundContexts(app)])) observe(context as MutableContext, () => current)
  const send = async ({ method, url, headers }: TriedRequest, isLookup: boolean): Promise<Observation & { status: number | undefined }> => {
    current = { isLookup }
    const ended = new AbortController()
    const injected = Promise.race([app.inject({ method: method as 'GET', url: `${ORIGIN}${url}`, headers }), wait(timeout, undefined, { signal: ended.signal })])
    // Fastify catches what a hook throws, but not what its own options such as `rewriteUrl` throw.
    const outcome = await injected.then((response) => ({ status: response?.statusCode }), (error: unknown) => ({ status: undefined, failure: { error, isBeforeHooks: current.found === undefined } }))
    ended.abort()
    return { ...current, ...outcome }
  }
  const { status, found, isHandlerReached: isAllowed = false, denial, failure } = await send(request, false)
  const otherMethods: string[] = []
  if (found === undefined || found.is404) {
    for (const method of METHODS) if ((await send({ ...request, method }, true)).found?.is404 === false) otherMethods.push(method)
    return { status, route: undefined, scope: undefined, isAllowed, denial, failure, otherMethods }
  }
  const route = routes.find(({ method, context }) => method === found.method && context.config === found.config)
  return { status, route, scope: found.scope, isAllowed, denial, failure, otherMethods }
}

/** Replaces the handler of a context, and what runs after it. Schemas are removed too: a hook that runs after the validation can also be a guard. */
function observe (context: MutableContext, getCurrent: () => Observation): void {
  const before: Hook = (request, reply, done) => {
    const current = getCurrent()
    current.found ??= { is404: request.is404, method: request.method, config: request.routeOptions.config, scope: request.server }
    if (current.isLookup) reply.code(204).send()
    else done()
  }
  const onError: ErrorHook = (_request, _reply, error, done) => {
    getCurrent().denial = error
    done()
  }
  for (const symbol of Object.getOwnPropertySymbols(context)) if (symbol.description?.endsWith('-schema')) Object.assign(context, { [symbol]: undefined })
  context.onRequest = [before, ...context.onRequest ?? []]
  context.onError = [onError]
  context.onSend = null
  context.onResponse = null
  context.handler = (request, reply) => {
    const current = getCurrent()
    current.isHandlerReached = request.is404 === current.found?.is404
    return reply.code(request.is404 ? 404 : 204).send()
  }
}
