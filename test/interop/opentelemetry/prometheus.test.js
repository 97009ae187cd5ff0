// What the dashboard and the alert rules ask for is what the exporter prints.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import zitadel from '../../../dist/index.js'
import { instrument } from '../../../dist/telemetry/index.js'
import { startStandIn } from '../../../dist/testing/index.js'

/** Calls an API so that each of its metrics has a value, and returns the text of the exporter. */
async function exportMetrics () {
  const exporter = new PrometheusExporter({ preventServerStart: true })
  const meterProvider = new MeterProvider({ readers: [exporter] })
  const standIn = await startStandIn()
  const target = standIn.addWebhookTarget((webhook) => app.inject({ method: 'POST', url: '/events', ...webhook }))
  const { issuer, loginClientId: clientId } = standIn
  const credentials = { key: { ...standIn.api.key, expirationDate: '2099-01-01T00:00:00Z' } }
  const client = new Redis(1, '127.0.0.1', { lazyConnect: true, retryStrategy: null, enableOfflineQueue: false })
  client.on('error', () => {})
  const app = Fastify()
  await app.register(zitadel, { issuer, credentials, retry: false, staleIfError: 60, cache: { ttl: 0.05, shared: { client } }, events: { path: '/events', signingKey: target.signingKey }, backChannelLogout: { path: '/logout', clientId } })
  instrument(app, { meterProvider })
  app.get('/orders/:id', { config: { roles: ['reader'] } }, async () => [])
  app.get('/feed', { config: { scopes: [] } }, async (request) => {
    app.zitadel.onEnd(request, () => {})
    return []
  })
  const call = async (token) => (await app.inject({ url: '/orders/1', headers: token && { authorization: `Bearer ${token}` } })).statusCode
  const logout = async (token) => await app.inject({ method: 'POST', url: '/logout', headers: { 'content-type': 'application/x-www-form-urlencoded' }, payload: `logout_token=${token}` })

  const token = await standIn.issueToken({ sub: '42', roles: ['reader'] })
  assert.equal(await call(token), 200)
  assert.equal(await call(token), 200)
  await app.inject({ url: '/feed', headers: { authorization: `Bearer ${token}` } })
  assert.equal(await call(undefined), 401)
  assert.equal(await call('unknown'), 401)
  standIn.fail({ status: 400, body: '{"error":"invalid_client"}', contentType: 'application/json' })
  await app.zitadel.reload()
  assert.equal(await call('other'), 500)
  standIn.fail(null)
  await app.zitadel.reload()
  assert.equal(await call(token), 200)
  await new Promise((resolve) => { setTimeout(resolve, 60) })
  standIn.fail({ status: 503 })
  assert.equal(await call(token), 200, 'a stale verdict')
  for (let i = 0; i < 6; i++) assert.equal(await call(`unknown${i}`), 503)
  standIn.fail(null)
  standIn.setRoles(token, ['writer'])
  standIn.lockUser('42')
  await target.settled()
  await target.send({ ...JSON.parse(target.deliveries[0].payload), sequence: 9 })
  await target.send(target.deliveries[0], { signingKey: 'x'.repeat(36) })
  await logout(await standIn.createLogoutToken({ sub: '42' }))
  await logout('x')
  await app.zitadel.forget({ sub: '42' })

  const text = await new Promise((resolve) => { exporter.getMetricsRequestHandler({}, { setHeader () {}, end: resolve }) })
  await app.close()
  await meterProvider.shutdown()
  await standIn.close()
  return text
}

const text = await exportMetrics()
/** Label names by metric. */
const series = new Map()
for (const [, name, labels = ''] of text.matchAll(/^(\w+)(?:\{(.*)\})? /gm)) {
  const known = series.get(name) ?? new Map()
  series.set(name, known)
  for (const [, label, value] of labels.matchAll(/(\w+)="([^"]*)"/g)) known.set(label, [...known.get(label) ?? [], value])
}

const read = (name) => readFileSync(new URL(`../../../examples/metrics/${name}`, import.meta.url), 'utf8')
const queries = [
  ...JSON.parse(read('dashboard.json')).panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ...[...read('alerts.yaml').matchAll(/^ +expr: (.*)$/gm)].map(([, expr]) => expr)
]
/** Labels that Prometheus adds. */
const ADDED = ['job', 'instance']

test('each query names series and labels that the exporter prints', () => {
  assert.ok(queries.length > 15, `${queries.length} queries`)
  for (const query of queries) {
    const names = query.match(/\bfastify_zitadel_\w+(?=[[{ )]|$)/g).filter((name) => series.has(name) || !isLabel(name))
    assert.ok(names.length > 0, query)
    for (const name of names) assert.ok(series.has(name), `${name} in: ${query}\n${[...series.keys()].join('\n')}`)
    const [labels] = [names.map((name) => series.get(name))]
    for (const [, list] of query.matchAll(/\bby \(([^)]*)\)/g)) {
      for (const label of list.split(/, */)) assert.ok(ADDED.includes(label) || labels.some((known) => known.has(label)), `label ${label} in: ${query}`)
    }
    for (const [, label, value] of query.matchAll(/(\w+)="(\w+)"/g)) assert.ok(labels.some((known) => known.get(label)?.includes(value)), `${label}="${value}" in: ${query}`)
  }
})

test('each metric of the package is on the dashboard', () => {
  const all = queries.join('\n')
  const metrics = new Set([...text.matchAll(/^# TYPE (fastify_zitadel_\w+)/gm)].map(([, name]) => name))
  assert.ok(metrics.size > 15, `${metrics.size} metrics`)
  for (const name of metrics) assert.ok(all.includes(name), name)
})

test('no label has an id of a user or client', () => {
  for (const id of ['42', '280000000000000100']) assert.doesNotMatch(text.replaceAll(/^(\w+(?:\{.*\})?) .*$/gm, '$1'), new RegExp(`"[^"]*${id}[^"]*"`))
})

function isLabel (name) {
  return [...series.values()].some((labels) => labels.has(name))
}
