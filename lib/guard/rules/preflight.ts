import type { FastifyRequest } from 'fastify'
import type { UndeclaredRoute } from '../../options/plugin-options.ts'
import { ROUTE_KEYS } from '../../options/route-options.ts'

/**
 * Whether a route can only serve preflight requests, as the one that @fastify/cors adds for every path. `app.all` does not
 * count: it serves other methods too.
 */
export function isPreflightRoute ({ method }: { readonly method: unknown }): boolean {
  return String(method) === 'OPTIONS'
}

/** Whether a route serves OPTIONS only and declares nothing, so that its preflight requests pass without a token. */
export function isUndeclaredPreflightRoute (route: UndeclaredRoute): boolean {
  return isPreflightRoute(route) && !ROUTE_KEYS.some((key) => Object.hasOwn(route.config!, key))
}

/** @see {@link https://fetch.spec.whatwg.org/#cors-preflight-fetch Fetch, CORS-preflight fetch} */
export function isPreflight ({ headers }: FastifyRequest): boolean {
  return headers.origin !== undefined && headers['access-control-request-method'] !== undefined
}
