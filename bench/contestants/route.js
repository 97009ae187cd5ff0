export const PATH = '/orders'

/** What every contestant serves: as little as a route can. */
export function handler (_request, reply) {
  reply.send('[]')
}
