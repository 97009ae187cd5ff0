import fastifyJwt from '@fastify/jwt'
import fastify from 'fastify'
import { PATH, handler } from './route.js'

/** @fastify/jwt as its README says, with the verifier's cache where it is asked for. */
export async function start ({ issuer, publicKey }, cache) {
  const app = fastify()
  await app.register(fastifyJwt, {
    secret: { public: publicKey },
    verify: { algorithms: ['RS256'], allowedIss: issuer, ...(cache === 'cache' && { cache: true }) }
  })
  return app.get(PATH, { onRequest: (request) => request.jwtVerify() }, handler)
}
