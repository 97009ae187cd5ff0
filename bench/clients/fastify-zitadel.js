import fastify from 'fastify'
import zitadel from '../../dist/index.js'

/** This package's client, as the guard uses it. */
export async function start ({ issuer, key }) {
  const app = fastify()
  await app.register(zitadel, { issuer, credentials: { key } })
  await app.ready()
  return async (token) => await app.zitadel.introspect(token)
}
