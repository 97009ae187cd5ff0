import { ROOT_CONTEXT, type Attributes, type Meter } from '@opentelemetry/api'
import { DECISION, type DecisionMessage } from '../channels.ts'
import type { Registration } from '../registration.ts'
import { getDecisionAttributes } from './attributes.ts'
import { subscribeTo } from './channel-subscription.ts'

/** Seconds: below the default ttl, around it, and past it with `staleIfError`. Close together there, because percentiles of an outage are read from these. */
const AGE_BOUNDARIES = [0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 45, 60, 90, 120, 180, 240, 300, 600, 1800, 3600]

/** The histogram of ages has no attributes: the SDK needs five times as long to find a series by them as to record a value. */
const NO_ATTRIBUTES: Attributes = Object.freeze({})

/** The number of decisions of one kind. */
interface DecisionSum {
  count: number
  readonly attributes: Attributes
}

/** Counts decisions here and lets the SDK read the sums: counting one in the SDK takes longer than the decision. */
export function instrumentDecisions (meter: Meter, { id }: Registration): () => void {
  const sums = new DecisionSums()
  const decisions = meter.createObservableCounter('fastify_zitadel.decisions', { unit: '{decision}', description: 'Decisions of the guard on requests' })
  const ages = meter.createHistogram('fastify_zitadel.verdict.age', {
    unit: 's',
    description: 'Time since ZITADEL was asked about the token of a request',
    advice: { explicitBucketBoundaries: AGE_BOUNDARIES }
  })
  const observe: Parameters<typeof decisions.addCallback>[0] = (result) => {
    for (const { count, attributes } of sums.list()) result.observe(count, attributes)
  }
  decisions.addCallback(observe)
  const end = subscribeTo<DecisionMessage>(DECISION, id, (message) => {
    sums.get(message).count++
    // No exemplar refers to a span, so that the active context need not be looked up.
    if (message.age !== undefined) ages.record(message.age / 1000, NO_ATTRIBUTES, ROOT_CONTEXT)
  })
  return () => {
    end()
    decisions.removeCallback(observe)
  }
}

/** One sum for each kind of decision on each route. Callers cannot add kinds, because all parts are our own words. */
class DecisionSums {
  readonly #routes = new Map<string | undefined, Map<string, DecisionSum>>()

  get (message: DecisionMessage): DecisionSum {
    const { route, outcome, code, reason, source } = message
    let kinds = this.#routes.get(route)
    if (kinds === undefined) this.#routes.set(route, kinds = new Map())
    // An allowed decision has neither code nor reason: nothing is concatenated on a hit.
    const kind = outcome === 'allowed' ? source ?? 'allowed' : `${outcome} ${code} ${reason} ${source}`
    let sum = kinds.get(kind)
    if (sum === undefined) kinds.set(kind, sum = { count: 0, attributes: getDecisionAttributes(message) })
    return sum
  }

  * list (): Generator<DecisionSum> {
    for (const kinds of this.#routes.values()) yield * kinds.values()
  }
}
