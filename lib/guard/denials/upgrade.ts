import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Handles errors of the socket of an upgrade, while the request waits for ZITADEL or after a denial. Node gives such a socket
 * no listener, so a reset by the caller would end the process.
 *
 * @returns a function that removes the listener
 */
export function handleUpgradeErrors ({ raw }: FastifyRequest): () => void {
  if (!isUpgrade(raw)) return () => {}
  const { socket } = raw
  const ignoreError = (): void => {}
  socket.on('error', ignoreError)
  return () => { socket.off('error', ignoreError) }
}

/**
 * Closes the socket of a denied upgrade. Node leaves that to the code which handles upgrades, and if its hooks run later
 * than the guard's, the socket would stay open.
 */
export function closeDeniedUpgrade (request: FastifyRequest, reply: FastifyReply): void {
  const { raw } = request
  if (!isUpgrade(raw)) return
  handleUpgradeErrors(request)
  // Node writes `connection: close` then.
  reply.raw.shouldKeepAlive = false
  reply.raw.once('finish', () => raw.socket.destroySoon())
}

function isUpgrade (raw: FastifyRequest['raw']): boolean {
  return 'upgrade' in raw && raw.upgrade === true
}
