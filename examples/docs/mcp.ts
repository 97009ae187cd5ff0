import Fastify, { type FastifyInstance } from 'fastify'
import zitadel, { type ZitadelOptions } from 'fastify-zitadel'

export async function buildMcpApi (options: ZitadelOptions): Promise<FastifyInstance> {
  const app = Fastify()
  // #region resource
  await app.register(zitadel, {
    ...options,
    resource: 'https://api.acme.example/mcp',
    projectId: '280000000000000001'
  })
  // #endregion resource

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
