import type { FastifyRequest, FastifyReply } from 'fastify'
import { logDenial } from './denial-log.ts'
import { handleUpgradeErrors } from './upgrade.ts'

interface StrategyDenial {
  /** The last one: @fastify/auth reports it. */
  error: Error & { readonly statusCode?: number }
  /** Ends the handling of errors of an upgrade. */
  readonly endHandling: () => void
}

/** Denials by strategies. One is removed when its line is written, or the request is let in. */
const strategyDenials = new WeakMap<object, StrategyDenial>()

/**
 * Writes the line of a denial by a strategy, if the request fails with it. Another strategy may still allow the request. If the
 * request fails with another error, or without one, the status of the response decides: that of the denial, or the 401 of
 * @fastify/auth.
 */
export function logStrategyDenial (request: FastifyRequest, { raw }: FastifyReply, denial: Error): void {
  const earlier = strategyDenials.get(raw)
  if (earlier !== undefined) {
    earlier.error = denial
    return
  }
  strategyDenials.set(raw, { error: denial, endHandling: handleUpgradeErrors(request) })
  raw.once('finish', () => {
    const last = strategyDenials.get(raw)?.error
    strategyDenials.delete(raw)
    if (last !== undefined && (raw.statusCode === last.statusCode || raw.statusCode === 401)) logDenial(request, last)
  })
}

/** Whether the last denial by a strategy is this error. */
export function isStrategyDenial ({ raw }: FastifyReply, error: Error): boolean {
  return strategyDenials.get(raw)?.error === error
}

/** Writes the line of a denial by a strategy, when the request fails with it. */
export function logFailedStrategy (request: FastifyRequest, reply: FastifyReply, error: Error): void {
  if (!isStrategyDenial(reply, error)) return
  strategyDenials.delete(reply.raw)
  logDenial(request, error)
}

/** The request is let in: a later failure is not that of an earlier strategy. */
export function forgetStrategyDenial ({ raw }: FastifyReply): void {
  strategyDenials.get(raw)?.endHandling()
  strategyDenials.delete(raw)
}
