/** Routes of each kind, as the README shows them. */
export function declareReadmeRoutes (app) {
  // #region readme
  // A role of this API's ZITADEL project.
  app.get('/customers', { config: { roles: ['reader'] } }, async (request) => ({ reader: request.zitadel.sub }))

  // Either role. Without the inner brackets, both are required.
  app.get('/invoices', { config: { roles: [['reader'], ['accountant']] } }, async () => [])

  // A role that the caller holds in the organization that the path names.
  app.get('/organizations/:id/orders', {
    config: { roles: ['reader'], organization: ({ params }) => params.id }
  }, async ({ params }) => ({ organization: params.id }))

  // ZITADEL is asked on each request, so a revocation takes effect immediately.
  app.delete('/orders/:id', { config: { roles: ['admin'], freshness: 0 } }, async () => ({ deleted: true }))

  // A token is optional. If one is sent, it must be active.
  app.get('/greeting', { config: { access: 'optional' } }, async (request) => {
    return { hello: app.zitadel.peek(request)?.sub ?? 'guest' }
  })

  // No token is read.
  app.get('/health', { config: { access: 'public' } }, async () => ({ status: 'up' }))
  // #endregion readme
}
