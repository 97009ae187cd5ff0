import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import scalar from '@scalar/fastify-api-reference'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import zitadel, { type OpenapiOptions, type ZitadelOptions } from 'fastify-zitadel'

/** What the API and its docs page need. */
export interface ApiOptions {
  readonly zitadel?: ZitadelOptions
  readonly login: OpenapiOptions
  readonly openapi?: '3.0.3' | '3.1.0'
  readonly server?: FastifyServerOptions
}

/** An API with a docs page that people can log in to. Without options, issuer and credentials come from the environment. */
export async function buildApi ({ zitadel: options = {}, login, openapi = '3.1.0', server = {} }: ApiOptions): Promise<FastifyInstance> {
  const app = Fastify(server)
  const info = { title: 'Orders', version: '1.0.0' }
  await app.register(zitadel, options)

  // #region docs
  const docs = app.zitadel.openapi(login) // { clientId: '312...', projectId: '311...' }
  await app.register(swagger, docs.swagger({ openapi: { openapi, info } }))
  await app.register(swaggerUi, docs.swaggerUi({ routePrefix: '/docs' }))
  await app.register(scalar, docs.scalar({ routePrefix: '/reference' }))
  // #endregion docs

  app.get('/health', { config: { access: 'public' } }, async () => ({ status: 'up' }))
  app.get('/me', async (request) => ({ sub: request.zitadel.sub }))
  app.get('/orders', { config: { roles: ['reader'] } }, async (request) => [{ id: 1, customer: request.zitadel.sub }])
  app.delete('/orders', { config: { roles: ['admin'] } }, async (_request, reply) => await reply.code(204).send())
  return app
}
