import type { FastifyInstance } from 'fastify'
import zitadel, { type ZitadelOptions } from 'fastify-zitadel'

export async function migrate (app: FastifyInstance, options: ZitadelOptions): Promise<void> {
  // #region register
  await app.register(zitadel, { ...options, undeclaredRoutes: 'refused' })
  // #endregion register

  // #region routes
  app.get('/orders', { config: { roles: ['reader'] } }, async (request) => ({ customer: request.zitadel.sub }))
  app.get('/health', { config: { access: 'public' } }, async () => ({ status: 'up' }))
  // #endregion routes

  // #region strategy
  // In place of a strategy or decorator of your own, on a route that keeps its hooks:
  const requireReader = app.zitadel.require({ roles: ['reader'] })
  app.get('/legacy', { config: { access: 'own' }, onRequest: requireReader }, async () => [])
  // #endregion strategy
}
