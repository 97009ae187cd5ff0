import fastify from 'fastify'
import fastifyJwtJwks from 'fastify-jwt-jwks'
import { PATH, handler } from './route.js'

export async function start ({ issuer, audience }) {
  const app = fastify()
  await app.register(fastifyJwtJwks, { jwksUrl: `${issuer}/oauth/v2/keys`, issuer, audience })
  return app.get(PATH, { onRequest: app.authenticate }, handler)
}
