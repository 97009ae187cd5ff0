import type { BatchObservableResult, Meter } from '@opentelemetry/api'
import type { Registration } from '../registration.ts'

const ACTIVE = { 'fastify_zitadel.verdict.state': 'active' }
const INACTIVE = { 'fastify_zitadel.verdict.state': 'inactive' }

/** Observes what a registration keeps. Nothing is observed where there is no such thing, such as a shared cache. */
export function instrumentState (meter: Meter, registration: Registration): () => void {
  const entries = meter.createObservableUpDownCounter('fastify_zitadel.cache.entries', { unit: '{verdict}', description: 'Verdicts that are kept in memory' })
  const size = meter.createObservableUpDownCounter('fastify_zitadel.cache.size', { unit: 'By', description: 'Estimated size of the verdicts that are kept in memory' })
  const queue = meter.createObservableUpDownCounter('fastify_zitadel.introspection.queued', { unit: '{introspection}', description: 'Introspections that wait in the queue' })
  const circuit = meter.createObservableGauge('fastify_zitadel.circuit.open', { description: '1 while the circuit to ZITADEL is open, 0 while it is closed' })
  const shared = meter.createObservableGauge('fastify_zitadel.shared_cache.healthy', { description: '1 while the shared cache delivers what other processes forget, else 0' })
  const pending = meter.createObservableUpDownCounter('fastify_zitadel.shared_cache.forgets.pending', { unit: '{forget}', description: 'Forgets that the shared cache has not accepted yet, so that other processes do not know them' })
  const silence = meter.createObservableGauge('fastify_zitadel.events.silence', { unit: 's', description: 'Time since the last valid webhook of ZITADEL, or since the start' })
  const expiry = meter.createObservableGauge('fastify_zitadel.credentials.expiry', { unit: 's', description: 'Time until the key of this API expires' })
  const open = meter.createObservableUpDownCounter('fastify_zitadel.streams.open', { unit: '{stream}', description: 'Streams whose token is watched: calls of onEnd that were neither cancelled nor called back' })
  const ended = meter.createObservableCounter('fastify_zitadel.streams.ended', { unit: '{stream}', description: 'Streams that have ended because of their token' })
  const instruments = [entries, size, queue, circuit, shared, pending, silence, expiry, open, ended]
  const observe = (result: BatchObservableResult): void => {
    const {
      activeVerdicts, inactiveVerdicts, activeBytes, inactiveBytes, queued, isCircuitClosed,
      isSharedCacheHealthy, pendingForgets, eventSilence, credentialsExpireIn, streams
    } = registration.readState()
    result.observe(entries, activeVerdicts, ACTIVE)
    result.observe(entries, inactiveVerdicts, INACTIVE)
    result.observe(size, activeBytes, ACTIVE)
    result.observe(size, inactiveBytes, INACTIVE)
    result.observe(queue, queued)
    if (isCircuitClosed !== undefined) result.observe(circuit, isCircuitClosed ? 0 : 1)
    if (credentialsExpireIn !== undefined) result.observe(expiry, credentialsExpireIn / 1000)
    if (eventSilence !== undefined) result.observe(silence, eventSilence / 1000)
    if (isSharedCacheHealthy !== undefined) result.observe(shared, isSharedCacheHealthy ? 1 : 0)
    if (pendingForgets !== undefined) result.observe(pending, pendingForgets)
    for (const { route, open: count, ended: counts } of streams) {
      const attributes = route === undefined ? {} : { 'http.route': route }
      result.observe(open, count, attributes)
      for (const [reason, ends] of Object.entries(counts)) result.observe(ended, ends, { ...attributes, 'fastify_zitadel.reason': reason })
    }
  }
  meter.addBatchObservableCallback(observe, instruments)
  return () => { meter.removeBatchObservableCallback(observe, instruments) }
}
