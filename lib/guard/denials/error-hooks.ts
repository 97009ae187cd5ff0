import type { FastifyReply } from 'fastify'
import { findSymbol } from '../routes/fastify-symbols.ts'

/**
 * Whether `onError` hooks run now, as after a `handlerTimeout`. The request must not go on then: Fastify throws if anything is sent
 * meanwhile, and if a promise of its own waits for that, the process ends. Fastify has no public way to this state. Without its symbol,
 * it is not found.
 */
export function isHandlingError (reply: FastifyReply): boolean {
  const symbol = findSymbol(reply, 'fastify.reply.isRunningOnErrorHook')!
  return (reply as unknown as Record<symbol, unknown>)[symbol] === true
}
