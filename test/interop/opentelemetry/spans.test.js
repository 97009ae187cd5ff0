import assert from 'node:assert/strict'
import { test } from 'node:test'
import FastifyOtelInstrumentation from '@fastify/otel'
import { SpanKind, SpanStatusCode, context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import Fastify from 'fastify'
import zitadel from '../../../dist/index.js'
import { instrument } from '../../../dist/telemetry/index.js'
import { startStandIn } from '../../../dist/testing/index.js'

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
const exporter = new InMemorySpanExporter()
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
const undici = new UndiciInstrumentation()
undici.setTracerProvider(tracerProvider)

async function start (t, options = {}) {
  const standIn = await startStandIn()
  const otel = new FastifyOtelInstrumentation()
  otel.setTracerProvider(tracerProvider)
  const app = Fastify()
  await app.register(otel.plugin())
  await app.register(zitadel, { issuer: standIn.issuer, credentials: standIn.credentials, retry: false, ...options })
  instrument(app, { tracerProvider })
  app.post('/orders', { config: { roles: ['reader'] } }, async function createOrder () { return [] })
  t.after(async () => { await app.close(); await standIn.close() })
  const call = async (token) => {
    exporter.reset()
    const { statusCode } = await app.inject({ method: 'POST', url: '/orders', headers: { authorization: `Bearer ${token}` }, payload: {} })
    return { statusCode, spans: exporter.getFinishedSpans() }
  }
  return { standIn, call }
}

/** The names from a span up to the root. */
function getPath (spans, span) {
  const path = []
  for (let each = span; each !== undefined; each = spans.find((one) => one.spanContext().spanId === each.parentSpanContext?.spanId)) path.push(each.name)
  return path
}

test('one span of an introspection, below the hook, with one HTTP span below it', async (t) => {
  const { standIn, call } = await start(t)
  const token = await standIn.issueToken({ roles: ['reader'] })
  const { statusCode, spans } = await call(token)
  assert.equal(statusCode, 200)
  const introspections = spans.filter(({ name }) => name === 'zitadel introspection')
  assert.equal(introspections.length, 1)
  const clients = spans.filter(({ kind }) => kind === SpanKind.CLIENT)
  assert.equal(clients.length, 1, 'no second span for the same HTTP request')
  assert.match(getPath(spans, clients[0]).join(' < '), /^POST < zitadel introspection < .*fastifyZitadelOnRequest.* < request$/)
  assert.equal(introspections[0].status.code, SpanStatusCode.UNSET)
  const again = await call(token)
  assert.deepEqual(again.spans.filter(({ name, kind }) => name === 'zitadel introspection' || kind === SpanKind.CLIENT), [], 'a cached token has neither')
})

test('the hooks of the plugin have names', async (t) => {
  const { standIn, call } = await start(t)
  const { spans } = await call(await standIn.issueToken({ roles: ['reader'] }))
  const names = spans.map(({ attributes }) => attributes['hook.callback.name']).filter((name) => name !== undefined)
  for (const name of ['fastifyZitadelOnRequest', 'fastifyZitadelPreHandler']) assert.ok(names.some((one) => one.startsWith(name)), `${name} in ${names}`)
  assert.ok(!names.includes('anonymous'), String(names))
})

test('an outage is an error of the introspection span, and a denial is not', async (t) => {
  const { standIn, call } = await start(t)
  const denied = await call('unknown')
  assert.equal(denied.statusCode, 401)
  assert.equal(denied.spans.find(({ name }) => name === 'zitadel introspection').status.code, SpanStatusCode.UNSET)
  standIn.fail({ status: 503 })
  const failed = await call('other')
  assert.equal(failed.statusCode, 503)
  const { status, attributes } = failed.spans.find(({ name }) => name === 'zitadel introspection')
  assert.equal(status.code, SpanStatusCode.ERROR)
  assert.equal(attributes['error.type'], '503')
})
