// #region instrument
import type { MeterProvider, TracerProvider } from '@opentelemetry/api'
import Fastify, { type FastifyInstance } from 'fastify'
import zitadel, { type ZitadelOptions } from 'fastify-zitadel'
import { instrument } from 'fastify-zitadel/opentelemetry'

export async function buildInstrumentedApi (options: ZitadelOptions, providers: { meterProvider?: MeterProvider, tracerProvider?: TracerProvider } = {}): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(zitadel, options)
  // Without providers, the global ones of the SDK are used. It ends when the server closes.
  instrument(app, providers)

  app.get('/orders', { config: { roles: ['reader'] } }, async () => [])
  return app
}
// #endregion instrument
