import assert from 'node:assert/strict'
import { test } from 'node:test'
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

test('GraphiQL opens without a token if its URLs are public, and /graphql does not', async (t) => {
  const app = Fastify()
  t.after(() => app.close())
  const undeclaredRoutes = ({ url }) => {
    if (url === '/graphiql' || url.startsWith('/graphiql/')) return 'public'
    return url === '/graphql' ? { roles: ['reader'] } : 'refused'
  }
  await app.register(zitadel, { introspect: async () => ({ active: false }), undeclaredRoutes })
  await app.register(mercurius, { schema: 'type Query { subject: String }', graphiql: true })
  const getStatus = async (url) => (await app.inject(url)).statusCode
  assert.deepEqual(await Promise.all(['/graphiql', '/graphiql/main.js', '/graphiql/config.js', '/graphql?query={subject}'].map(getStatus)), [200, 200, 200, 401])
})
