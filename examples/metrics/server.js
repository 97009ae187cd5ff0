// An API with Prometheus metrics at http://127.0.0.1:9464/metrics. The environment has the variables of the plugin. Without
// ZITADEL_ISSUER it starts the stand-in, and prints how to call the API.
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import Fastify from 'fastify'
import zitadel from 'fastify-zitadel'
import { instrument } from 'fastify-zitadel/opentelemetry'
import { startStandIn } from 'fastify-zitadel/testing'

const port = Number(process.env.METRICS_PORT ?? 9464)
const exporter = new PrometheusExporter({ host: '127.0.0.1', port })
const meterProvider = new MeterProvider({ readers: [exporter] })
const standIn = process.env.ZITADEL_ISSUER === undefined ? await startStandIn() : undefined

const app = Fastify({ logger: true })
await app.register(zitadel, standIn && { issuer: standIn.issuer, credentials: standIn.credentials })
instrument(app, { meterProvider })
app.get('/orders', { config: { roles: ['reader'] } }, async () => [])
const url = await app.listen({ port: Number(process.env.PORT ?? 3000) })

if (standIn !== undefined) {
  const token = await standIn.issueToken({ roles: ['reader'] })
  console.log(`curl -H 'Authorization: Bearer ${token}' ${url}/orders`)
}
console.log(`curl http://127.0.0.1:${port}/metrics`)
