import Fastify from 'fastify'
import { Redis } from 'ioredis'
import zitadel from '../../dist/index.js'
import { answerQuestions } from '../parts/processes.js'

// One API of a fleet, with the defaults that users get.

const app = Fastify()
let client

answerQuestions({
  open: async ({ port, issuer, key, ttl, signingKey }) => {
    client = new Redis(port, '127.0.0.1')
    client.on('error', () => {})
    await client.ping()
    await app.register(zitadel, { issuer, credentials: { key }, cache: { ttl, shared: { client } }, events: { path: '/events', signingKey } })
    app.get('/', async ({ zitadel }) => zitadel.sub)
    return await app.listen({ host: '127.0.0.1', port: 0 })
  },
  close: async () => {
    await app.close()
    client.disconnect()
  }
})
