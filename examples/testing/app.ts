// #region build
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import zitadel, { type ZitadelOptions } from 'fastify-zitadel'

/** @param options none in production: they come from the environment */
export async function build (options: ZitadelOptions = {}): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(zitadel, options)
  const inOrganization = (request: FastifyRequest): string => (request.params as { organization: string }).organization
  app.get('/health', { config: { access: 'public' } }, async () => 'up')
  app.get('/:organization/orders', { config: { roles: ['reader'], organization: inOrganization } }, async () => [])
  app.delete('/orders/:id', { config: { roles: ['admin'], freshness: 0 } }, async () => {})
  return app
}
// #endregion build
