import type { FastifyInstance } from 'fastify'
import { zitadelRoute } from 'fastify-zitadel'

/** Further routes, as the documents show them. */
export function declareRoutes (app: FastifyInstance): void {
  // #region both
  app.get('/reports', { config: { roles: ['reader', 'auditor'] } }, async () => [])
  // #endregion both

  // #region scopes
  app.get('/profile', { config: { scopes: ['profile'] } }, async (request) => ({
    name: request.zitadel.claims['name']
  }))
  // #endregion scopes

  // #region active
  app.get('/me', { config: { scopes: [] } }, async (request) => ({ sub: request.zitadel.sub }))
  // #endregion active

  // #region handler
  app.get('/orders/:id', { config: { roles: ['reader'] } }, async (request, reply) => {
    const order = { id: 1, owner: '123' }
    // The handler decides what a role cannot express.
    if (order.owner !== request.zitadel.sub && !request.zitadel.hasRole('admin')) return await reply.code(404).send()
    return order
  })
  // #endregion handler

  // #region typed
  app.get('/stock', { config: zitadelRoute({ roles: ['reader'] }) }, async () => [])
  // #endregion typed
}
