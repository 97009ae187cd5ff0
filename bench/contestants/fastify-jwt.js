import fastifyJwt from '@fastify/jwt'
import fastify from 'fastify'
import { PATH, handler } from './route.js'

/** @fastify/jwt as in its README, with the verifier's cache if that is the variant. */
export async function start ({ issuer, publicKey }, cache) {
  const app = fastify()
  await app.register(fastifyJwt, {
    secret: { public: publicKey },
    verify: { algorithms: ['RS256'], allowedIss: issuer, ...(cache === 'cache' && { cache: true }) }
  })
  return app.get(PATH, { onRequest: (request) => request.jwtVerify() }, handler)
}
