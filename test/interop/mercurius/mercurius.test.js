import Fastify from 'fastify'
import mercurius from 'mercurius'
import zitadel from '../../../dist/index.js'
import { testDenials } from '../denials.js'

testDenials('mercurius, its own error handler', async (options) => {
  const app = Fastify()
  // #region register
  // The route of mercurius takes no config.
  await app.register(zitadel, { ...options, undeclaredRoutes: ({ url }) => url === '/graphql' ? { roles: ['reader'] } : 'refused' })
  await app.register(mercurius, {
    schema: 'type Query { subject: String }',
    resolvers: { Query: { subject: (_root, _args, { reply }) => reply.request.zitadel.sub } }
  })
  // #endregion register
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  return { url: `${address}/graphql?query={subject}`, close: async () => await app.close() }
})

testDenials('an error handler that sends the message only', async (options) => {
  const app = Fastify()
  await app.register(zitadel, options)
  app.setErrorHandler((error, _request, reply) => reply.send({ message: error.message }))
  app.get('/orders', { config: { roles: ['reader'] } }, async () => [])
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  return { url: `${address}/orders`, close: async () => await app.close() }
})
