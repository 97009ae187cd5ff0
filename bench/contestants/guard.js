import fastify from 'fastify'
import zitadel from '../../dist/index.js'
import { PATH, handler } from './route.js'

/** This package as in its README: default options, the requirement declared in `config`. */
export async function start ({ issuer, key }, cache) {
  const app = fastify()
  await app.register(zitadel, { issuer, credentials: { key }, ...(cache && { cache }) })
  return app.get(PATH, { config: { scopes: ['orders:read'] } }, handler)
}
