import Fastify from 'fastify'
import zitadel from 'fastify-zitadel'

const app = Fastify({ logger: true })
// Reads ZITADEL_ISSUER and ZITADEL_KEY_FILE.
await app.register(zitadel, { verifyOnStart: true })

app.get('/orders', { config: { roles: ['reader'] } }, async (request) => {
  return { customer: request.zitadel.sub, orders: [] }
})

await app.listen({ port: Number(process.env.PORT ?? 3000) })
