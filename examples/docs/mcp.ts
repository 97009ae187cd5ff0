import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { Readable, finished } from 'node:stream'
import zitadel, { type ZitadelOptions } from 'fastify-zitadel'

export async function buildMcpApi (options: ZitadelOptions, openStream: () => Readable = () => Readable.from([])): Promise<FastifyInstance> {
  const app = Fastify()
  // #region resource
  await app.register(zitadel, {
    ...options,
    resource: 'https://api.acme.example/mcp',
    projectId: '280000000000000001'
  })
  // #endregion resource

  // #region streams
  const endWithToken = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    finished(reply.raw, app.zitadel.onEnd(request, () => { reply.raw.destroy() }))
  }
  app.get('/mcp', { config: { scopes: [] }, preHandler: endWithToken }, async (_request, reply) => {
    return await reply.type('text/event-stream').send(openStream())
  })
  // #endregion streams

  // #region tools
  app.post('/mcp', {
    config: {
      scopes: [],
      mcp: {
        tools: {
          'list-notes': { roles: ['reader'] },
          'purge-notes': { roles: ['admin'] }
        }
      }
    }
  }, async (request) => ({ caller: app.zitadel.authInfo(request)?.clientId }))
  // #endregion tools
  return app
}
