// #region events
import Fastify, { type FastifyInstance } from 'fastify'
import zitadel, { type ZitadelOptions } from 'fastify-zitadel'

export async function buildApiWithEvents (options: ZitadelOptions, signingKey: string): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(zitadel, { ...options, events: { path: '/zitadel/events', signingKey } })

  app.get('/orders', { config: { roles: ['reader'] } }, async () => [])
  return app
}
// #endregion events
