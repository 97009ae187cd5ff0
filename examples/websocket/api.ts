// #region example
import fastifyWebsocket from '@fastify/websocket'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import zitadel, { type ZitadelOptions } from 'fastify-zitadel'

/** A browser cannot set headers: `new WebSocket(url, ['bearer', token])`. */
function readToken (request: FastifyRequest): string | undefined {
  const [scheme, token] = String(request.headers['sec-websocket-protocol'] ?? '').split(',')
  return scheme === 'bearer' ? token?.trim() : undefined
}

/** @param recheck seconds between two checks of the token of an open socket */
export async function buildApi (options: ZitadelOptions, recheck: number = 60): Promise<FastifyInstance> {
  const app = Fastify({ logger: process.env['LOG'] === '1' })
  await app.register(fastifyWebsocket)
  await app.register(zitadel, {
    ...options,
    tokenFrom: readToken
  })

  app.get('/feed', { config: { roles: ['reader'] }, websocket: true }, (socket, request) => {
    const cancel = app.zitadel.onEnd(request, (reason) => { socket.close(4401, reason) }, { recheck })
    socket.on('close', cancel)
    socket.send(`hello ${request.zitadel.sub}`)
  })

  return app
}
// #endregion example
