import type { Meter } from '@opentelemetry/api'
import type { CredentialsMessage, EventMessage, IntrospectionMessage, OutageMessage } from '../channels.ts'
import type { Registration } from '../registration.ts'
import { getIntrospectionAttributes } from './attributes.ts'
import { subscribeTo } from './subscription.ts'

/** Seconds. The boundaries of `http.client.request.duration`. */
const DURATION_BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/** Records introspections, outages, changes of the credentials, and events of ZITADEL. */
export function instrumentIntrospections (meter: Meter, { id }: Registration): () => void {
  const advice = { explicitBucketBoundaries: DURATION_BOUNDARIES }
  const durations = meter.createHistogram('fastify_zitadel.introspection.duration', { unit: 's', description: 'Duration of introspections, the time in the queue included', advice })
  const waits = meter.createHistogram('fastify_zitadel.introspection.wait', { unit: 's', description: 'Time until an introspection was sent: in the queue, and for the signature', advice })
  const active = meter.createObservableUpDownCounter('fastify_zitadel.introspection.active', { unit: '{introspection}', description: 'Introspections in flight or in the queue' })
  const outages = meter.createCounter('fastify_zitadel.outages', { unit: '{outage}', description: 'Introspections without a usable response, and changes of the circuit' })
  const credentials = meter.createCounter('fastify_zitadel.credentials.changes', { unit: '{change}', description: 'Replacements of the credentials, and rejections by ZITADEL' })
  const events = meter.createCounter('fastify_zitadel.events', { unit: '{event}', description: 'Webhooks of ZITADEL at the route of the option "events"' })
  const missed = meter.createCounter('fastify_zitadel.events.missed', { unit: '{event}', description: 'Events of role assignments that were not delivered before a later one' })
  const running = new Set<IntrospectionMessage>()
  const observe: Parameters<typeof active.addCallback>[0] = (result) => { result.observe(running.size) }
  active.addCallback(observe)
  const ends = [
    subscribeTo<IntrospectionMessage>('tracing:fastify-zitadel:introspection:start', id, (message) => { running.add(message) }),
    subscribeTo<IntrospectionMessage>('tracing:fastify-zitadel:introspection:asyncEnd', id, (message) => {
      running.delete(message)
      // One that was not sent took no time of ZITADEL's.
      if (message.wait === undefined) return
      durations.record(message.duration! / 1000, getIntrospectionAttributes(message))
      waits.record(message.wait / 1000)
    }),
    subscribeTo<OutageMessage>('fastify-zitadel:outage', id, ({ state }) => { outages.add(1, { 'fastify_zitadel.state': state }) }),
    subscribeTo<EventMessage>('fastify-zitadel:event', id, ({ outcome, reason, target, missed: count }) => {
      const detail = reason === undefined ? target !== undefined && { 'fastify_zitadel.target': target } : { 'fastify_zitadel.reason': reason }
      events.add(1, { 'fastify_zitadel.outcome': outcome, ...detail })
      missed.add(count)
    }),
    subscribeTo<CredentialsMessage>('fastify-zitadel:credentials', id, ({ state }) => { credentials.add(1, { 'fastify_zitadel.state': state }) })
  ]
  return () => {
    for (const end of ends) end()
    active.removeCallback(observe)
  }
}
