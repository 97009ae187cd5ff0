// #region example
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import zitadel, { type ZitadelOptions } from 'fastify-zitadel'

/** Each tenant is an organization of ZITADEL. Its id is in the path. */
export async function buildApi (options: ZitadelOptions): Promise<FastifyInstance> {
  const app = Fastify({ logger: process.env['LOG'] === '1' })
  await app.register(zitadel, { ...options, undeclaredRoutes: 'refused' })

  // A role in one organization opens nothing in another.
  const organization = (request: FastifyRequest): string => (request.params as { tenant: string }).tenant

  await app.register(async (tenant) => {
    tenant.get('/orders', { config: { roles: ['reader'], organization } }, async (request) => {
      return { tenant: organization(request), customer: request.zitadel.sub, orders: [] }
    })
    tenant.delete('/orders/:id', { config: { roles: ['admin'], organization, freshness: 0 } }, async () => ({ deleted: true }))
  }, { prefix: '/tenants/:tenant' })

  return app
}
// #endregion example
