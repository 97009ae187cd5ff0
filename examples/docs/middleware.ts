import middie, { type Handler } from '@fastify/middie'
import Fastify, { type FastifyInstance } from 'fastify'
import zitadel, { type ZitadelOptions } from 'fastify-zitadel'

export async function buildApi (options: ZitadelOptions, dashboard: Handler): Promise<FastifyInstance> {
  const app = Fastify()
  // #region unmatched
  // The guard first: a request that no route matches needs an active token too.
  await app.register(zitadel, { ...options, unmatched: 'protected' })
  await app.register(middie)
  app.use('/queues', dashboard)
  // #endregion unmatched
  return app
}
