import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Node leaves the socket of an upgrade to whoever wants to upgrade it. Where hooks of that one run later than ours, nobody
 * would close it after a refusal, and strangers could pile them up.
 */
export function closeDeniedUpgrade ({ raw }: FastifyRequest, reply: FastifyReply): void {
  if ('upgrade' in raw && raw.upgrade === true) reply.raw.once('finish', () => raw.socket.destroySoon())
}
