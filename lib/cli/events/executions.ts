import { EVENT_TYPES } from '../../events/event-target.ts'

/** The body of `POST /v2/actions/targets`. */
export interface EventTargetRequest {
  readonly name: string
  readonly endpoint: string
  readonly restAsync: object
  readonly timeout: string
  readonly payloadType: 'PAYLOAD_TYPE_JSON'
}

/** What an execution of ZITADEL runs on, as far as it is about events. */
export type EventCondition = { readonly event: string } | { readonly group: string } | { readonly all: true }

/** An execution that exists, or the one that must be set by `PUT /v2/actions/executions`. */
export interface EventExecution<Condition = EventCondition> {
  readonly condition: { readonly event: Condition }
  readonly targets: readonly string[]
}

/** The events that the option `events` needs: those with a meaning, and the login that names the user of a session. */
export const SUBSCRIBED_EVENT_TYPES: readonly string[] = [...EVENT_TYPES, 'session.user.checked']

/** Creates the request for the target. It is asynchronous, so that a failed delivery breaks nothing in ZITADEL. */
export function createTargetRequest (name: string, endpoint: string): EventTargetRequest {
  return { name, endpoint, restAsync: {}, timeout: '10s', payloadType: 'PAYLOAD_TYPE_JSON' }
}

/**
 * Lists the executions to set so that each event reaches a target. ZITADEL runs only the execution that matches an event
 * best, so the targets of the one that runs now stay: of the same event, else of its group, else of all events.
 *
 * @param existing the executions that exist
 * @returns the executions that differ from what exists: none if everything is set up
 */
export function planExecutions (targetId: string, existing: readonly EventExecution[]): Array<EventExecution<{ readonly event: string }>> {
  return SUBSCRIBED_EVENT_TYPES.flatMap((event) => {
    const targets = getTargets(event, existing)
    return targets.includes(targetId) ? [] : [{ condition: { event: { event } }, targets: [...targets, targetId] }]
  })
}

/**
 * Lists the executions to set so that no event reaches a target. An execution of a single event is removed if the targets that remain
 * get the event anyway: no targets means that there is no execution.
 *
 * @param existing the executions that exist
 */
export function planRemoval (targetId: string, existing: readonly EventExecution[]): EventExecution[] {
  const without = existing.map(({ condition, targets }) => ({ condition, targets: targets.filter((id) => id !== targetId) }))
  return without.filter((_, index) => existing[index]!.targets.includes(targetId)).map((execution) => {
    const { condition: { event: condition }, targets } = execution
    if (!('event' in condition)) return execution
    const others = getTargets(condition.event, without.filter((other) => other !== execution))
    return targets.length === others.length && targets.every((id) => others.includes(id)) ? { ...execution, targets: [] } : execution
  })
}

/** The targets of the execution that ZITADEL runs for an event. */
function getTargets (event: string, existing: readonly EventExecution[]): readonly string[] {
  const matching = existing.filter(({ condition }) => getPrecision(condition.event, event) >= 0)
  return matching.toSorted((a, b) => getPrecision(b.condition.event, event) - getPrecision(a.condition.event, event))[0]?.targets ?? []
}

/** How exactly a condition matches an event: higher is better, negative is not at all. */
function getPrecision (condition: EventCondition, type: string): number {
  if ('event' in condition) return condition.event === type ? Infinity : -1
  if ('group' in condition) return type.startsWith(`${condition.group}.`) ? condition.group.length : -1
  return 0
}
