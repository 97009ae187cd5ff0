import type { FastifyRequest, FastifyReply } from 'fastify'
import { logDenial } from './denial-log.ts'

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
