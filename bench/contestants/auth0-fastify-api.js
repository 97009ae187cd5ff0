import auth0 from '@auth0/auth0-fastify-api'
import fastify from 'fastify'
import { PATH, handler } from './route.js'

export async function start ({ issuer, audience }) {
  const app = fastify()
  await app.register(auth0, { domain: new URL(issuer).host, audience })
  return app.get(PATH, { preHandler: app.requireAuth() }, handler)
}
