// #region example
import cors from '@fastify/cors'
import Fastify, { type FastifyInstance } from 'fastify'
import zitadel, { type ZitadelOptions } from 'fastify-zitadel'

export async function buildBrowserApi (options: ZitadelOptions): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(cors, {
    origin: 'https://app.example',
    // Otherwise a script sees the status, but neither the challenge nor the time to wait.
    exposedHeaders: ['WWW-Authenticate', 'Retry-After']
  })
  await app.register(zitadel, options)

  app.get('/orders', { config: { roles: ['reader'] } }, async () => [])
  return app
}
// #endregion example
