import type { FastifyError, FastifyInstance } from 'fastify'
import { ZitadelError } from 'fastify-zitadel'

export function handleErrors (app: FastifyInstance): void {
  // #region handler
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    if (error instanceof ZitadelError) reply.headers(error.headers)
    return reply.code(error.statusCode ?? 500).send({ code: error.code, message: error.message })
  })
  // #endregion handler
}
