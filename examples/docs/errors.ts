import Fastify, { LogController, type FastifyError, type FastifyInstance } from 'fastify'
import { ZitadelError } from 'fastify-zitadel'

export function handleErrors (app: FastifyInstance): void {
  // #region handler
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    if (error instanceof ZitadelError) reply.headers(error.headers)
    return reply.code(error.statusCode ?? 500).send({ code: error.code, message: error.message })
  })
  // #endregion handler
}

// #region one-line
class DenialsInOneLine extends LogController {
  override defaultErrorLog (...args: Parameters<LogController['defaultErrorLog']>): void {
    const [error] = args
    if (!(error instanceof ZitadelError) || error.reason === undefined) super.defaultErrorLog(...args)
  }
}
// #endregion one-line

export function createServer (stream: { write: (line: string) => void }): FastifyInstance {
  return Fastify({ logger: { stream }, logController: new DenialsInOneLine() })
}
