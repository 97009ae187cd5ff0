import type { FastifyReply, FastifyRequest } from 'fastify'
import { ZitadelError } from '../errors.ts'

/**
 * Writes the line of a denied request: why, and for which route. The error handler makes no difference: a custom one may log
 * nothing. An outage is no denial, and the reporter writes one line for many requests.
 */
export function logDenial (request: FastifyRequest, denial: Error): void {
  if (!(denial instanceof ZitadelError) || denial.reason === undefined) return
  const { code, reason, message, cause } = denial
  const sentence = cause instanceof Error ? `: ${cause.message}` : ''
  request.log.info({ code, reason, method: request.method, route: request.routeOptions.url }, `fastify-zitadel: ${message}${sentence}`)
}

/** The last denial by a strategy: the one that @fastify/auth reports. */
const strategyDenials = new WeakMap<object, Error & { statusCode?: number }>()

/**
 * Writes the line of a denial by a strategy, if the request fails. Another strategy may still allow the request, so the status of
 * the response decides: that of the denial, or the 401 of @fastify/auth.
 */
export function logStrategyDenial (request: FastifyRequest, { raw }: FastifyReply, denial: Error): void {
  const isFirst = !strategyDenials.has(raw)
  strategyDenials.set(raw, denial)
  if (!isFirst) return
  raw.once('finish', () => {
    const last = strategyDenials.get(raw)!
    if (raw.statusCode === last.statusCode || raw.statusCode === 401) logDenial(request, last)
  })
}
