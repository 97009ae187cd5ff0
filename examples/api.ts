import Fastify, { type FastifyInstance } from 'fastify'
import zitadel, { type ZitadelOptions } from 'fastify-zitadel'

/** An API with one route of each kind. Without options, issuer and credentials come from the environment. */
export async function buildApi (options: ZitadelOptions = {}, logger = true): Promise<FastifyInstance> {
  const app = Fastify({ logger })
  await app.register(zitadel, options)

  // No token is read.
  app.get('/health', { config: { access: 'public' } }, async () => ({ status: 'up' }))

  // ZITADEL's own scope, which the client has to ask for.
  app.get('/me', { config: { scopes: ['profile'] } }, async (request) => ({
    sub: request.zitadel.sub,
    name: request.zitadel.claims['name']
  }))

  // A role in this API's project.
  app.get('/orders', { config: { roles: ['reader'] } }, async (request) => [
    { id: 1, customer: request.zitadel.sub }
  ])

  // The same, without a cached response: ZITADEL is asked on each request.
  app.delete('/orders/:id', { config: { roles: ['reader'], freshness: 0 } }, async (_request, reply) => {
    return await reply.code(204).send()
  })

  // A role that must be held in the organization that the path names.
  app.get<{ Params: { organization: string } }>('/organizations/:organization/orders', {
    config: {
      roles: ['reader'],
      organization: (request) => (request.params as { organization: string }).organization
    }
  }, async (request) => ({ organization: request.params.organization, orders: [] }))

  return app
}
