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

/** Writes the line of a hook that does not wait for a check: a verdict that is cached later would let its requests in. */
export function logEarlyPass (request: FastifyRequest): void {
  const { method, routeOptions: { url: route } } = request
  request.log.error({ method, route }, 'fastify-zitadel: a hook has passed the request on before a check of its token ended, so the request waits. Call back once in each hook, and wait for strategies of app.zitadel.require(): a denial that a hook ignores lets the request in')
}

/** The last denial by a strategy: the one that @fastify/auth reports. Removed when its line is written, or the request is let in. */
const strategyDenials = new WeakMap<object, Error & { statusCode?: number }>()

/**
 * Writes the line of a denial by a strategy, if the request fails with it. Another strategy may still allow the request. If the
 * request fails with another error, or without one, the status of the response decides: that of the denial, or the 401 of
 * @fastify/auth.
 */
export function logStrategyDenial (request: FastifyRequest, { raw }: FastifyReply, denial: Error): void {
  const isFirst = !strategyDenials.has(raw)
  strategyDenials.set(raw, denial)
  if (!isFirst) return
  raw.once('finish', () => {
    const last = strategyDenials.get(raw)
    strategyDenials.delete(raw)
    if (last !== undefined && (raw.statusCode === last.statusCode || raw.statusCode === 401)) logDenial(request, last)
  })
}

/** Whether the last denial by a strategy is this error. */
export function isStrategyDenial ({ raw }: FastifyReply, error: Error): boolean {
  return strategyDenials.get(raw) === error
}

/** Writes the line of a denial by a strategy, when the request fails with it. */
export function logFailedStrategy (request: FastifyRequest, reply: FastifyReply, error: Error): void {
  if (!isStrategyDenial(reply, error)) return
  strategyDenials.delete(reply.raw)
  logDenial(request, error)
}

/** The request is let in: a later failure is not that of an earlier strategy. */
export function forgetStrategyDenial ({ raw }: FastifyReply): void {
  strategyDenials.delete(raw)
}
