import t from 'tap'
import { readFileSync } from 'node:fs'
import { createNoopMeter, type Meter, type MetricOptions, type Observable } from '@opentelemetry/api'
import { instrument } from '../../lib/telemetry/index.ts'
import { startGuardedApp, type TestContext } from '../fixtures/guarded-app.ts'

interface Metric extends MetricOptions {
  readonly kind: string
}

interface Recorded {
  /** The name of the meter. */
  readonly scope: string
  /** By name. */
  readonly metrics: Map<string, Metric>
  /** The functions that the meter calls to observe values. */
  readonly callbacks: Set<unknown>
  /** Calls `instrument()` again. */
  readonly start: () => () => void
  readonly end: () => void
}

/** Records what `instrument()` creates. */
async function record (t: TestContext): Promise<Recorded> {
  const { app } = await startGuardedApp(t)
  const metrics = new Map<string, Metric>()
  const callbacks = new Set<unknown>()
  const addCallback = (callback: unknown): void => { callbacks.add(callback) }
  const removeCallback = (callback: unknown): void => { callbacks.delete(callback) }
  let scope = ''
  const getMeter = (name: string): Meter => {
    scope = name
    const meter = createNoopMeter()
    return new Proxy(meter, {
      get: (_, method: keyof Meter) => (...parameters: [never, never]) => {
        if (method === 'addBatchObservableCallback') return addCallback(parameters[0])
        if (method === 'removeBatchObservableCallback') return removeCallback(parameters[0])
        metrics.set(parameters[0], { kind: method.slice('create'.length), ...parameters[1] as MetricOptions })
        return method.startsWith('createObservable') ? { addCallback, removeCallback } satisfies Observable : meter[method](...parameters)
      }
    })
  }
  const start = (): (() => void) => instrument(app, { meterProvider: { getMeter } })
  const end = start()
  return { scope, metrics, callbacks, start, end }
}

t.test('the metrics are those of the table in the documents, with the same kinds and units', async (t) => {
  const { scope, metrics } = await record(t)
  const table = readFileSync('docs/observability.md', 'utf8').matchAll(/^\| (`fastify_zitadel\.[^|]*) \| [^|]* \| ([^|,]*)(?:, ([^|]*))? \|/gm)
  const documented = [...table].flatMap(([, names, kind, unit]) => names!.split(', ').map((name) => [name.replaceAll('`', ''), `${kind}, ${unit}`]))
  const kinds: Record<string, string> = { Counter: 'counter', ObservableCounter: 'counter', Histogram: 'histogram', ObservableGauge: 'gauge', ObservableUpDownCounter: 'up-down counter' }
  // A unit in braces is an annotation: what is counted. Metrics without a unit are 0 or 1.
  const created = [...metrics].map(([name, { kind, unit }]) => [name, `${kinds[kind]}, ${unit === undefined ? '0 or 1' : unit.startsWith('{') ? undefined : unit}`])
  t.same(Object.fromEntries(created), Object.fromEntries(documented))
  t.equal(scope, 'fastify-zitadel')
})

t.test('each metric has a description, and a counter names what it counts as its unit', async (t) => {
  const { metrics } = await record(t)
  t.same(Object.fromEntries([...metrics].map(([name, { unit = '', description }]) => [name, `${unit} ${description}`])), {
    'fastify_zitadel.decisions': '{decision} Decisions of the guard on requests',
    'fastify_zitadel.verdict.age': 's Time since ZITADEL was asked about the token of a request',
    'fastify_zitadel.introspection.duration': 's Duration of introspections, the time in the queue included',
    'fastify_zitadel.introspection.wait': 's Time until an introspection was sent: in the queue, and for the signature',
    'fastify_zitadel.introspection.active': '{introspection} Introspections in flight or in the queue',
    'fastify_zitadel.outages': '{outage} Introspections without a usable response, and changes of the circuit',
    'fastify_zitadel.credentials.changes': '{change} Replacements of the credentials, and rejections by ZITADEL',
    'fastify_zitadel.forgets': '{forget} Calls, messages and events that have made verdicts unusable before their ttl',
    'fastify_zitadel.forgets.verdicts': '{verdict} Verdicts that were unusable before their ttl',
    'fastify_zitadel.events': '{event} Webhooks of ZITADEL at the route of the option "events"',
    'fastify_zitadel.events.missed': '{event} Events of role assignments that were not delivered before a later one',
    'fastify_zitadel.logouts': '{logout} Logout tokens of ZITADEL at the route of the option "backChannelLogout"',
    'fastify_zitadel.cache.entries': '{verdict} Verdicts that are kept in memory',
    'fastify_zitadel.cache.size': 'By Estimated size of the verdicts that are kept in memory',
    'fastify_zitadel.introspection.queued': '{introspection} Introspections that wait in the queue',
    'fastify_zitadel.circuit.open': ' 1 while the circuit to ZITADEL is open, 0 while it is closed',
    'fastify_zitadel.shared_cache.healthy': ' 1 while the shared cache delivers what other processes forget, else 0',
    'fastify_zitadel.shared_cache.forgets.pending': '{forget} Forgets that the shared cache has not accepted yet, so that other processes do not know them',
    'fastify_zitadel.events.silence': 's Time since the last valid webhook of ZITADEL, or since the start',
    'fastify_zitadel.credentials.expiry': 's Time until the key of this API expires',
    'fastify_zitadel.streams.open': '{stream} Streams whose token is watched: calls of onEnd that were neither cancelled nor called back',
    'fastify_zitadel.streams.ended': '{stream} Streams that have ended because of their token'
  })
})

t.test('the buckets are those of HTTP clients for introspections, and fit the ages that verdicts have', async (t) => {
  const { metrics } = await record(t)
  const boundaries = [...metrics].flatMap(([name, { advice }]) => advice?.explicitBucketBoundaries === undefined ? [] : [[name, advice.explicitBucketBoundaries]])
  const client = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
  t.same(Object.fromEntries(boundaries), {
    'fastify_zitadel.introspection.duration': client,
    'fastify_zitadel.introspection.wait': client,
    'fastify_zitadel.verdict.age': [0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 45, 60, 90, 120, 180, 240, 300, 600, 1800, 3600]
  })
})

t.test('after instrument() has ended, the meter calls nothing', async (t) => {
  const { callbacks, start, end } = await record(t)
  t.equal(callbacks.size, 3)
  end()
  t.equal(callbacks.size, 0)
  const endAgain = start()
  end()
  t.equal(callbacks.size, 3, 'the first one has ended already')
  t.throws(start)
  endAgain()
  t.equal(callbacks.size, 0)
})
