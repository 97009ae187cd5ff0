import type { FastifyRequest } from 'fastify'
import { ZitadelError } from '../../errors.ts'

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
