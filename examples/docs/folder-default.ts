import Fastify, { type FastifyInstance } from 'fastify'
import zitadel, { type ZitadelOptions } from 'fastify-zitadel'

export async function buildApi (options: ZitadelOptions): Promise<FastifyInstance> {
  const app = Fastify()
  // #region default
  await app.register(zitadel, {
    ...options,
    // Routes that declare nothing: below /admin they need a role, others do not exist.
    undeclaredRoutes: ({ url }) => url.startsWith('/admin/') ? { roles: ['admin'] } : 'refused'
  })
  // #endregion default
  app.get('/admin/users', async () => [])
  return app
}
