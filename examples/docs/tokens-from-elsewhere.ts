import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import zitadel, { type ZitadelOptions } from 'fastify-zitadel'

/** A token in a cookie that the browser sends by itself. */
export async function buildCookieApi (options: ZitadelOptions): Promise<FastifyInstance> {
  const app = Fastify()
  // #region cookie
  const readCookie = (request: FastifyRequest): string | undefined => {
    for (const pair of request.headers.cookie?.split('; ') ?? []) {
      if (pair.startsWith('__Host-token=')) return pair.slice('__Host-token='.length)
    }
    return undefined
  }
  await app.register(zitadel, { ...options, tokenFrom: readCookie })
  // #endregion cookie
  app.get('/me', { config: { scopes: [] } }, async (request) => ({ sub: request.zitadel.sub }))
  return app
}

/** A WebSocket of a browser, which cannot set headers: the token comes as a sub-protocol, `new WebSocket(url, ['bearer', token])`. */
export async function buildSubProtocolApi (options: ZitadelOptions): Promise<FastifyInstance> {
  const app = Fastify()
  // #region sub-protocol
  await app.register(zitadel, {
    ...options,
    tokenFrom: (request) => {
      const [scheme, token] = String(request.headers['sec-websocket-protocol'] ?? '').split(',')
      return scheme === 'bearer' ? token?.trim() : undefined
    }
  })
  // #endregion sub-protocol
  app.get('/me', { config: { scopes: [] } }, async (request) => ({ sub: request.zitadel.sub }))
  return app
}

/** A proxy that has logged the user in, such as oauth2-proxy, and sends the token in a header of its own. */
export async function buildProxiedApi (options: ZitadelOptions): Promise<FastifyInstance> {
  const app = Fastify()
  // #region proxy
  await app.register(zitadel, {
    ...options,
    tokenFrom: (request) => request.headers['x-forwarded-access-token'] as string | undefined
  })
  // #endregion proxy
  app.get('/me', { config: { scopes: [] } }, async (request) => ({ sub: request.zitadel.sub }))
  return app
}
