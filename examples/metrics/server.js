// An API with Prometheus metrics at http://127.0.0.1:9464/metrics. The environment has the variables of the plugin.
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import Fastify from 'fastify'
import zitadel from 'fastify-zitadel'
import { instrument } from 'fastify-zitadel/opentelemetry'

const port = Number(process.env.METRICS_PORT ?? 9464)
const exporter = new PrometheusExporter({ host: '127.0.0.1', port })
const meterProvider = new MeterProvider({ readers: [exporter] })

const app = Fastify({ logger: true })
await app.register(zitadel)
instrument(app, { meterProvider })
app.get('/orders', { config: { roles: ['reader'] } }, async () => [])
await app.listen({ port: Number(process.env.PORT ?? 3000) })
