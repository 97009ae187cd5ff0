// #region example
import fastifyWebsocket from '@fastify/websocket'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import zitadel, { type ZitadelOptions } from 'fastify-zitadel'

/** Milliseconds between two checks of the token of an open socket. */
const CHECK_INTERVAL_MS = 30_000

/** A browser cannot set headers: `new WebSocket(url, ['bearer', token])`. */
function readToken (request: FastifyRequest): string | undefined {
  const [scheme, token] = String(request.headers['sec-websocket-protocol'] ?? '').split(',')
  return scheme === 'bearer' ? token?.trim() : undefined
}

export async function buildApi (options: ZitadelOptions, interval: number = CHECK_INTERVAL_MS): Promise<FastifyInstance> {
  const app = Fastify({ logger: process.env['LOG'] === '1' })
  await app.register(fastifyWebsocket)
  await app.register(zitadel, {
    ...options,
    tokenFrom: readToken
  })

  app.get('/feed', { config: { roles: ['reader'] }, websocket: true }, (socket, request) => {
    const token = readToken(request)!
    // The guard decides once, when the socket opens. A revocation must be looked for afterwards.
    const timer = setInterval(() => {
      app.zitadel.introspect(token).then(
        (active) => { if (active === null || !active.hasRole('reader')) socket.close(4401, 'the token is no longer active') },
        (error: Error) => { request.log.warn({ err: error }, 'the token of an open socket could not be checked') }
      )
    }, interval)
    socket.on('close', () => { clearInterval(timer) })
    socket.send(`hello ${request.zitadel.sub}`)
  })

  return app
}
// #endregion example
