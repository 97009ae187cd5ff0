import { Redis } from 'ioredis'
import Fastify, { type FastifyInstance } from 'fastify'
import zitadel, { type ZitadelOptions } from 'fastify-zitadel'

export async function buildFleetApi (options: ZitadelOptions, url: string, key: string): Promise<FastifyInstance> {
  const app = Fastify()
  // #region shared
  // The plugin opens its own connections with these settings, so the client itself need not connect.
  const client = new Redis(url, { lazyConnect: true })
  await app.register(zitadel, { ...options, cache: { shared: { client, key } } })
  // #endregion shared
  app.get('/orders', { config: { roles: ['reader'] } }, async () => [])
  return app
}
