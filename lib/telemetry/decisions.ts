import type { Attributes, Meter } from '@opentelemetry/api'
import type { DecisionMessage } from '../channels.ts'
import type { Registration } from '../registration.ts'
import { getDecisionAttributes } from './attributes.ts'
import { subscribeTo } from './subscription.ts'

/** Milliseconds, in seconds: below the default ttl, around it, and past it with `staleIfError`. */
const AGE_BOUNDARIES = [0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600]

/** Counts decisions here and lets the SDK read the sums: counting one in the SDK takes longer than the decision. */
export function instrumentDecisions (meter: Meter, { id }: Registration): () => void {
  const sums = new Map<string, { count: number, readonly attributes: Attributes }>()
  const decisions = meter.createObservableCounter('fastify_zitadel.decisions', { unit: '{decision}', description: 'Decisions of the guard on requests' })
  const ages = meter.createHistogram('fastify_zitadel.verdict.age', { unit: 's', description: 'Time since ZITADEL was asked about the token of a request', advice: { explicitBucketBoundaries: AGE_BOUNDARIES } })
  const observe: Parameters<typeof decisions.addCallback>[0] = (result) => {
    for (const { count, attributes } of sums.values()) result.observe(count, attributes)
  }
  decisions.addCallback(observe)
  const end = subscribeTo<DecisionMessage>('fastify-zitadel:decision', id, (message) => {
    const { route, outcome, code, reason, source, age } = message
    const kind = `${outcome} ${code} ${reason} ${source} ${route}`
    const sum = sums.get(kind)
    if (sum === undefined) sums.set(kind, { count: 1, attributes: getDecisionAttributes(message) })
    else sum.count++
    if (age !== undefined) ages.record(age / 1000, AGE_ATTRIBUTES[source!])
  })
  return () => {
    end()
    decisions.removeCallback(observe)
  }
}

const AGE_ATTRIBUTES: Readonly<Record<NonNullable<DecisionMessage['source']>, Attributes>> = {
  memory: { 'fastify_zitadel.source': 'memory' },
  introspection: { 'fastify_zitadel.source': 'introspection' },
  stale: { 'fastify_zitadel.source': 'stale' }
}
