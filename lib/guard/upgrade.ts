import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Handles errors of the socket of an upgrade while the request waits for ZITADEL. Node gives such a socket no listener, and
 * a reset would end the process.
 *
 * @returns what ends it
 */
export function handleUpgradeErrors ({ raw }: FastifyRequest): () => void {
  if (!isUpgrade(raw)) return () => {}
  const { socket } = raw
  const ignore = (): void => {}
  socket.on('error', ignore)
  return () => { socket.off('error', ignore) }
}

/**
 * Closes the socket of a denied upgrade. Node leaves that to the code which handles upgrades, and if its hooks run later
 * than the guard's, the socket would stay open.
 */
export function closeDeniedUpgrade ({ raw }: FastifyRequest, reply: FastifyReply): void {
  if (isUpgrade(raw)) reply.raw.once('finish', () => raw.socket.destroySoon())
}

function isUpgrade (raw: FastifyRequest['raw']): boolean {
  return 'upgrade' in raw && raw.upgrade === true
}
