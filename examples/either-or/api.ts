// #region example
import { timingSafeEqual } from 'node:crypto'
import fastifyAuth from '@fastify/auth'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import zitadel, { type ZitadelOptions } from 'fastify-zitadel'

export async function buildApi (options: ZitadelOptions, apiKey: string): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(zitadel, options)
  await app.register(fastifyAuth)

  // Another method.
  const verifyApiKey = async (request: FastifyRequest): Promise<void> => {
    const [given, expected] = [Buffer.from(String(request.headers['x-api-key'])), Buffer.from(apiKey)]
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new Error('wrong API key')
  }

  app.get('/report', {
    config: { access: 'own' },
    // ZITADEL's strategy is last, because @fastify/auth reports only the last error.
    onRequest: app.auth([verifyApiKey, app.zitadel.require({ roles: ['auditor'] })])
  }, async (request) => ({ reader: app.zitadel.peek(request)?.sub ?? 'a machine' }))

  return app
}
// #endregion example
