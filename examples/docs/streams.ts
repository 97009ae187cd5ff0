import Fastify, { type FastifyInstance } from 'fastify'
import type { EventEmitter } from 'node:events'
import { PassThrough } from 'node:stream'
import zitadel, { type ZitadelOptions } from 'fastify-zitadel'

/**
 * @param news emits `message` with an object
 * @param exportOrders takes long, and stops when the signal is aborted
 */
export async function buildStreamingApi (options: ZitadelOptions, news: EventEmitter, exportOrders: (signal: AbortSignal) => Promise<string>): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(zitadel, options)

  // #region sse
  app.get('/news', { config: { roles: ['reader'] } }, async (request, reply) => {
    const stream = new PassThrough()
    const send = (message: object): void => { if (stream.writable) stream.write(`data: ${JSON.stringify(message)}\n\n`) }
    const cancel = app.zitadel.onEnd(request, (reason) => { stream.end(`event: end\ndata: ${reason}\n\n`) })
    stream.on('close', () => {
      cancel()
      news.off('message', send)
    })
    news.on('message', send)
    stream.write(': a comment, so that the headers are sent now\n\n')
    return await reply.type('text/event-stream').send(stream)
  })
  // #endregion sse

  // #region abort
  app.get('/export', { config: { roles: ['reader'] } }, async (request) => {
    const controller = new AbortController()
    const cancel = app.zitadel.onEnd(request, (reason) => { controller.abort(new Error(`the token is ${reason}`)) })
    try {
      return await exportOrders(controller.signal)
    } finally {
      cancel()
    }
  })
  // #endregion abort
  return app
}
