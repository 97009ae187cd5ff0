import type { Meter } from '@opentelemetry/api'
import type { CredentialsMessage, EventMessage, ForgetMessage, LogoutMessage, OutageMessage } from '../channels.ts'
import type { Registration } from '../registration.ts'
import { subscribeTo } from './subscription.ts'

/** Counts what changes decisions from outside: outages, changes of the credentials, forgets, and events of ZITADEL. */
export function instrumentChanges (meter: Meter, { id }: Registration): () => void {
  const outages = meter.createCounter('fastify_zitadel.outages', { unit: '{outage}', description: 'Introspections without a usable response, and changes of the circuit' })
  const credentials = meter.createCounter('fastify_zitadel.credentials.changes', { unit: '{change}', description: 'Replacements of the credentials, and rejections by ZITADEL' })
  const forgets = meter.createCounter('fastify_zitadel.forgets', { unit: '{forget}', description: 'Calls, messages and events that have made verdicts unusable before their ttl' })
  const forgotten = meter.createCounter('fastify_zitadel.forgets.verdicts', { unit: '{verdict}', description: 'Verdicts that were unusable before their ttl' })
  const events = meter.createCounter('fastify_zitadel.events', { unit: '{event}', description: 'Webhooks of ZITADEL at the route of the option "events"' })
  const missed = meter.createCounter('fastify_zitadel.events.missed', { unit: '{event}', description: 'Events of role assignments that were not delivered before a later one' })
  const logouts = meter.createCounter('fastify_zitadel.logouts', { unit: '{logout}', description: 'Logout tokens of ZITADEL at the route of the option "backChannelLogout"' })
  const ends = [
    subscribeTo<OutageMessage>('fastify-zitadel:outage', id, ({ state }) => { outages.add(1, { 'fastify_zitadel.state': state }) }),
    subscribeTo<CredentialsMessage>('fastify-zitadel:credentials', id, ({ state }) => { credentials.add(1, { 'fastify_zitadel.state': state }) }),
    subscribeTo<ForgetMessage>('fastify-zitadel:forget', id, ({ kind, source, target, verdicts }) => {
      const attributes = { 'fastify_zitadel.kind': kind, 'fastify_zitadel.source': source, 'fastify_zitadel.target': target }
      forgets.add(1, attributes)
      forgotten.add(verdicts, attributes)
    }),
    subscribeTo<EventMessage>('fastify-zitadel:event', id, ({ outcome, reason, target, missed: count }) => {
      const detail = reason === undefined ? target !== undefined && { 'fastify_zitadel.target': target } : { 'fastify_zitadel.reason': reason }
      events.add(1, { 'fastify_zitadel.outcome': outcome, ...detail })
      missed.add(count)
    }),
    subscribeTo<LogoutMessage>('fastify-zitadel:logout', id, ({ outcome, reason }) => {
      logouts.add(1, { 'fastify_zitadel.outcome': outcome, ...(reason !== undefined && { 'fastify_zitadel.reason': reason }) })
    })
  ]
  return () => { for (const end of ends) end() }
}
