import fastifyAuth from '@fastify/auth'
import fastify from 'fastify'
import zitadel from '../../dist/index.js'
import { PATH, handler } from './route.js'

/** This package as a strategy of the app's own @fastify/auth. */
export async function start ({ issuer, key }) {
  const app = fastify()
  await app.register(zitadel, { issuer, credentials: { key } })
  await app.register(fastifyAuth)
  return app.get(PATH, {
    config: { access: 'own' },
    onRequest: app.auth([app.zitadel.require({ scopes: ['orders:read'] })])
  }, handler)
}
