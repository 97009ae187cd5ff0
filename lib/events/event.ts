import { isJsonObject, parseJsonObject } from '../untrusted-json.ts'

/** An event of ZITADEL, as a webhook of Actions v2 sends it. Members that the plugin does not use are left out. */
export interface ZitadelEvent {
  readonly instanceId: string
  readonly aggregateId: string
  readonly aggregateType: string
  /** The number of the event among those of its aggregate. */
  readonly sequence: number
  readonly type: string
  /** Absent for many types of events. */
  readonly payload: Readonly<Record<string, unknown>>
}

/** Characters: ids of ZITADEL have about 20, and types of events up to 60. */
const MAX_TEXT_LENGTH = 200

/**
 * Parses the body of a webhook: JSON, or a JWT around it. The signature of the JWT is not checked, because that of the webhook
 * covers it.
 *
 * @returns undefined for a body that is no event
 */
export function parseEvent (body: Buffer): ZitadelEvent | undefined {
  const text = body.toString()
  const payload = /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(text.trim())?.[1]
  const event = parseJsonObject(payload === undefined ? text : Buffer.from(payload, 'base64url').toString())
  if (event === undefined) return undefined
  const { instanceID: instanceId, aggregateID: aggregateId, aggregateType, sequence, event_type: type, event_payload: data } = event
  if (!isText(instanceId) || !isText(aggregateId) || !isText(aggregateType) || !isText(type) || !Number.isSafeInteger(sequence)) return undefined
  return { instanceId, aggregateId, aggregateType, sequence: sequence as number, type, payload: isJsonObject(data) ? data : {} }
}

/** Whether a value can be an id or the name of a type. Such texts are kept for later events, so their length has a bound. */
export function isText (value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_TEXT_LENGTH
}
