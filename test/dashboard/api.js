// One process of the API whose dashboard is shown. The settings come as JSON in the environment.
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import zitadel from '../../dist/index.js'
import { instrument } from '../../dist/telemetry/index.js'

const { port, metricsPort, redisPort, ...options } = JSON.parse(process.env.API_SETTINGS)
const client = new Redis(redisPort, '127.0.0.1', { enableOfflineQueue: false, retryStrategy: () => 200 })
client.on('error', () => {})
const meterProvider = new MeterProvider({ readers: [new PrometheusExporter({ host: '127.0.0.1', port: metricsPort })] })

const app = Fastify({ logger: { level: 'warn' } })
await app.register(zitadel, { ...options, cache: { shared: { client } } })
instrument(app, { meterProvider })
const serve = async () => []
app.get('/orders', { config: { roles: ['reader'] } }, serve)
app.get('/orders/:id', { config: { roles: ['reader'] } }, serve)
app.post('/payments', { config: { roles: ['reader'], freshness: 10 } }, serve)
app.get('/admin', { config: { roles: ['admin'] } }, serve)
app.get('/profile', { config: { scopes: ['email'] } }, serve)
app.get('/feed', { config: { roles: ['reader'] } }, (request, reply) => {
  reply.hijack()
  reply.raw.writeHead(200, { 'content-type': 'text/event-stream' }).write(': open\n\n')
  const cancel = app.zitadel.onEnd(request, () => { reply.raw.end() }, { recheck: 20 })
  reply.raw.on('close', cancel)
})
await app.listen({ port, host: '127.0.0.1' })
process.send('ready')
process.once('disconnect', () => process.exit())
