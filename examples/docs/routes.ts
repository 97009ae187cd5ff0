import type { FastifyInstance } from 'fastify'
import { zitadelRoute } from 'fastify-zitadel'

/** Routes of each kind, as the documents show them. */
export function declareRoutes (app: FastifyInstance): void {
  // #region readme
  // A role of this API's ZITADEL project.
  app.get('/orders', { config: { roles: ['reader'] } }, async (request) => ({ customer: request.zitadel.sub }))

  // Either role. Without the inner brackets, both are required.
  app.get('/invoices', { config: { roles: [['reader'], ['accountant']] } }, async () => [])

  // A role that the caller holds in the organization that the path names.
  app.get<{ Params: { organization: string } }>('/organizations/:organization/orders', {
    config: {
      roles: ['reader'],
      organization: (request) => (request.params as { organization: string }).organization
    }
  }, async (request) => ({ organization: request.params.organization }))

  // ZITADEL is asked on each request, so a revocation takes effect immediately.
  app.delete('/orders/:id', { config: { roles: ['admin'], freshness: 0 } }, async () => ({ deleted: true }))

  // A token is optional. If one is sent, it must be active.
  app.get('/greeting', { config: { access: 'optional' } }, async (request) => {
    return { hello: app.zitadel.peek(request)?.sub ?? 'guest' }
  })

  // No token is read.
  app.get('/health', { config: { access: 'public' } }, async () => ({ status: 'up' }))
  // #endregion readme

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
