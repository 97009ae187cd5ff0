import Fastify from 'fastify'
import zitadel from 'fastify-zitadel'
import { startStandIn } from 'fastify-zitadel/testing'

const standIn = await startStandIn() // a ZITADEL for trying things out
const { issuer, credentials } = standIn

const app = Fastify({ logger: true })
await app.register(zitadel, { issuer, credentials })

app.get('/orders', { config: { roles: ['reader'] } }, async (request) => {
  return { customer: request.zitadel.sub, orders: [] }
})

const url = await app.listen({ port: Number(process.env.PORT ?? 3000) })
const token = await standIn.issueToken({ roles: ['reader'] })
console.log(`curl -i -H 'Authorization: Bearer ${token}' ${url}/orders`)
