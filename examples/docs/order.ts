// #region rate-limit
import rateLimit from '@fastify/rate-limit'
import Fastify, { type FastifyInstance } from 'fastify'
import zitadel, { type ZitadelOptions } from 'fastify-zitadel'

export async function buildLimitedApi (options: ZitadelOptions): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(rateLimit, { global: false })
  // Before the guard, so that denied requests count too.
  app.addHook('onRequest', app.rateLimit({ max: 3, timeWindow: '1 minute' }))
  await app.register(zitadel, options)

  app.get('/orders', { config: { roles: ['reader'] } }, async () => [])
  return app
}
// #endregion rate-limit
