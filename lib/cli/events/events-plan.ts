import { createTargetRequest, planExecutions, planRemoval, type EventExecution } from './executions.ts'
import type { ApiCall, ExistingTarget } from './actions-api.ts'

/** What exists in ZITADEL. */
export interface ExistingActions {
  readonly targets: readonly ExistingTarget[]
  readonly executions: readonly EventExecution[]
}

/** Stands for the id that ZITADEL will give to the target. */
export const NEW_TARGET_ID = '<id of the target>'

/** Plans the calls so that ZITADEL delivers the events to a URL. None if it does already. */
export function planSetup (name: string, url: string, { targets, executions }: ExistingActions): ApiCall[] {
  const target = targets.find(({ endpoint }) => endpoint === url)
  const request = createTargetRequest(name, url)
  const calls: ApiCall[] = []
  if (target === undefined) calls.push({ method: 'POST', path: '/v2/actions/targets', body: request })
  else if (target.restAsync === undefined || !['PAYLOAD_TYPE_JSON', 'PAYLOAD_TYPE_UNSPECIFIED', undefined].includes(target.payloadType)) {
    const { restAsync, payloadType } = request
    calls.push({ method: 'POST', path: `/v2/actions/targets/${encodeURIComponent(target.id)}`, body: { restAsync, payloadType } })
  }
  return [...calls, ...planExecutions(target?.id ?? NEW_TARGET_ID, executions).map(toCall)]
}

/** Plans the calls so that ZITADEL delivers nothing to a URL. None if it delivers nothing. */
export function planCleanUp (url: string, { targets, executions }: ExistingActions): ApiCall[] {
  return targets.filter(({ endpoint }) => endpoint === url).flatMap(({ id }): ApiCall[] => [
    ...planRemoval(id, executions).map(toCall),
    { method: 'DELETE', path: `/v2/actions/targets/${encodeURIComponent(id)}` }
  ])
}

function toCall (execution: EventExecution): ApiCall {
  return { method: 'PUT', path: '/v2/actions/executions', body: execution }
}

/** Replaces the id of a target that has been created meanwhile. */
export function withTargetId ({ method, path, body }: ApiCall, id: string): ApiCall {
  const { targets } = (body ?? {}) as { targets?: readonly string[] }
  return targets === undefined ? { method, path, body } : { method, path, body: { ...body, targets: targets.map((each) => each === NEW_TARGET_ID ? id : each) } }
}
