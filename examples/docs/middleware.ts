import type { IncomingMessage, ServerResponse } from 'node:http'
import middie, { type Handler } from '@fastify/middie'
import Fastify, { type FastifyInstance } from 'fastify'
import zitadel, { type ZitadelOptions } from 'fastify-zitadel'

export async function buildApi (options: ZitadelOptions, dashboard: Handler): Promise<FastifyInstance> {
  const app = Fastify()
  // #region unmatched
  // The guard first: a request that no route matches needs an active token too.
  await app.register(zitadel, { ...options, unmatched: 'protected' })
  await app.register(middie)
  app.use('/queues', dashboard)
  // #endregion unmatched
  return app
}

export async function buildGuardedDashboard (options: ZitadelOptions, dashboard: (request: IncomingMessage, response: ServerResponse) => void): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(zitadel, options)
  // #region role
  // Only these routes lead to the middleware, so no other spelling of a path does.
  for (const url of ['/queues', '/queues/*']) {
    app.get(url, { config: { roles: ['operator'] } }, (request, reply) => {
      reply.hijack()
      dashboard(request.raw, reply.raw)
    })
  }
  // #endregion role
  return app
}
