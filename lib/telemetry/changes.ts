import type { Meter } from '@opentelemetry/api'
import { CREDENTIALS, EVENT, FORGET, LOGOUT, OUTAGE, type CredentialsMessage, type EventMessage, type ForgetMessage, type LogoutMessage, type OutageMessage } from '../channels.ts'
import type { Registration } from '../registration.ts'
import { getEventAttributes, getForgetAttributes, getLogoutAttributes, getStateAttributes } from './attributes.ts'
import { listInitialSeries } from './initial-series.ts'
import { subscribeTo } from './channel-subscription.ts'

/** Counts what changes decisions from outside: outages, changes of the credentials, forgets, and events of ZITADEL. */
export function instrumentChanges (meter: Meter, registration: Registration): () => void {
  const { id } = registration
  const outages = meter.createCounter('fastify_zitadel.outages', { unit: '{outage}', description: 'Introspections without a usable response, and changes of the circuit' })
  const credentials = meter.createCounter('fastify_zitadel.credentials.changes', { unit: '{change}', description: 'Replacements of the credentials, and rejections by ZITADEL' })
  const forgets = meter.createCounter('fastify_zitadel.forgets', { unit: '{forget}', description: 'Calls, messages and events that have made verdicts unusable before their ttl' })
  const forgotten = meter.createCounter('fastify_zitadel.forgets.verdicts', { unit: '{verdict}', description: 'Verdicts that were unusable before their ttl' })
  const events = meter.createCounter('fastify_zitadel.events', { unit: '{event}', description: 'Webhooks of ZITADEL at the route of the option "events"' })
  const missed = meter.createCounter('fastify_zitadel.events.missed', { unit: '{event}', description: 'Events of role assignments that were not delivered before a later one' })
  const logouts = meter.createCounter('fastify_zitadel.logouts', { unit: '{logout}', description: 'Logout tokens of ZITADEL at the route of the option "backChannelLogout"' })
  const initial = listInitialSeries(registration.readState())
  const started = [
    [outages, initial.outages], [credentials, initial.credentials], [forgets, initial.forgets], [forgotten, initial.forgets],
    [events, initial.events], [missed, initial.missed], [logouts, initial.logouts]
  ] as const
  for (const [counter, series] of started) {
    for (const attributes of series) counter.add(0, attributes)
  }
  const ends = [
    subscribeTo<OutageMessage>(OUTAGE, id, ({ state }) => { outages.add(1, getStateAttributes(state)) }),
    subscribeTo<CredentialsMessage>(CREDENTIALS, id, ({ state }) => { credentials.add(1, getStateAttributes(state)) }),
    subscribeTo<ForgetMessage>(FORGET, id, (message) => {
      const attributes = getForgetAttributes(message)
      forgets.add(1, attributes)
      forgotten.add(message.verdicts, attributes)
    }),
    subscribeTo<EventMessage>(EVENT, id, (message) => {
      events.add(1, getEventAttributes(message))
      missed.add(message.missed)
    }),
    subscribeTo<LogoutMessage>(LOGOUT, id, (message) => { logouts.add(1, getLogoutAttributes(message)) })
  ]
  return () => { for (const end of ends) end() }
}
