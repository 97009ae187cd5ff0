import type { Meter } from '@opentelemetry/api'
import { INTROSPECTION, type IntrospectionMessage } from '../channels.ts'
import type { Registration } from '../registration.ts'
import { getIntrospectionAttributes } from './attributes.ts'
import { subscribeTo } from './channel-subscription.ts'

/** Seconds. The boundaries of `http.client.request.duration`. */
const DURATION_BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/** Records introspections. */
export function instrumentIntrospections (meter: Meter, { id }: Registration): () => void {
  const advice = { explicitBucketBoundaries: DURATION_BOUNDARIES }
  const durations = meter.createHistogram('fastify_zitadel.introspection.duration', { unit: 's', description: 'Duration of introspections, the time in the queue included', advice })
  const waits = meter.createHistogram('fastify_zitadel.introspection.wait', { unit: 's', description: 'Time until an introspection was sent: in the queue, and for the signature', advice })
  const active = meter.createObservableUpDownCounter('fastify_zitadel.introspection.active', { unit: '{introspection}', description: 'Introspections in flight or in the queue' })
  const running = new Set<IntrospectionMessage>()
  const observe: Parameters<typeof active.addCallback>[0] = (result) => { result.observe(running.size) }
  active.addCallback(observe)
  const ends = [
    subscribeTo<IntrospectionMessage>(INTROSPECTION.start, id, (message) => { running.add(message) }),
    subscribeTo<IntrospectionMessage>(INTROSPECTION.asyncEnd, id, (message) => {
      running.delete(message)
      // One that was not sent took no time of ZITADEL's.
      if (message.wait === undefined) return
      durations.record(message.duration! / 1000, getIntrospectionAttributes(message))
      waits.record(message.wait / 1000)
    })
  ]
  return () => {
    for (const end of ends) end()
    active.removeCallback(observe)
  }
}
