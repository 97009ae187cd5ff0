export const PATH = '/orders'

/** The route of every contestant, with a minimal handler. */
export function handler (_request, reply) {
  reply.send('[]')
}
