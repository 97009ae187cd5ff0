import fastify from 'fastify'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { PATH, handler } from './route.js'

/** The usual code without a plugin: jose in a hook. */
export async function start ({ issuer, audience }) {
  const keys = createRemoteJWKSet(new URL(`${issuer}/oauth/v2/keys`))
  const app = fastify()
  app.decorateRequest('user', null)
  app.addHook('onRequest', async (request) => {
    const token = request.headers.authorization.slice('Bearer '.length)
    const { payload } = await jwtVerify(token, keys, { issuer, audience })
    request.user = payload
  })
  return app.get(PATH, handler)
}
