import Fastify, { type FastifyInstance } from 'fastify'
import zitadel, { type ZitadelOptions } from 'fastify-zitadel'

export async function buildApi (options: ZitadelOptions): Promise<FastifyInstance> {
  const app = Fastify()
  // #region default
  await app.register(zitadel, {
    ...options,
    // Routes that declare nothing: at and below /admin they need a role, others are refused.
    undeclaredRoutes: ({ url }) => /^\/admin(?:\/|$)/.test(url) ? { roles: ['admin'] } : 'refused'
  })
  // #endregion default
  app.get('/admin/users', async () => [])
  app.register(async (scope) => { scope.get('/', async () => []) }, { prefix: '/admin' })
  return app
}
