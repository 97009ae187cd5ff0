import { TEXT, TEXT_RECORD, checkOptionValues, integerFrom, type ValueChecks } from './options/option-values.ts'
import { createJsonResponse, createTextResponse, type StandInResponse } from './http/response.ts'
import { createOriginErrorResponse, createUnknownInstanceResponse, type InstanceDomains, type RequestOrigin } from './instance/origin.ts'

const FAULT_NAMES = [
  'reset', 'hang', 'cut-body', 'stalled-body', 'endless-body',
  'inactive', 'refuse-replays',
  'unknown-instance', 'instance-lookup', 'blocked', 'panic', 'bad-gateway', 'rate-limited'
] as const

/**
 * A simulated fault.
 *
 * - `{ delay }`: the normal response after so many milliseconds (of real time, not of the option `clock`).
 * - `{ status }`: this response to every request. Content type `text/plain; charset=utf-8` by default.
 * - `'reset'`: resets the connection (RST) after the request. `'hang'`: sends no response.
 * - `'cut-body'`: closes the connection in the middle of the response. `'stalled-body'`: stops there. `'endless-body'`: never ends.
 * - `'inactive'`: an internal error of ZITADEL: every token is inactive for every authenticated client.
 * - `'unknown-instance'`: 404, no instance has this host. `'instance-lookup'`: 500, the database failed during the lookup.
 * - `'blocked'`: 429, the instance's quota is exhausted. `'panic'`: 500 with a JSON error.
 * - `'bad-gateway'`: 502 in HTML from a proxy. `'rate-limited'`: 429 in HTML from a proxy.
 * - `'refuse-replays'`: 401 `invalid_client` for an assertion without `jti`, or with the `jti` of an earlier assertion.
 *   ZITADEL does not do this; RFC 7523 section 3 allows it, and other servers do.
 */
export type Fault =
  | { delay: number }
  | { status: number, body?: string | undefined, contentType?: string | undefined, headers?: Record<string, string> | undefined }
  | typeof FAULT_NAMES[number]

/** The members of a fault that is an object. */
interface FaultMembers { delay?: number, status?: number, body?: string | undefined, contentType?: string | undefined, headers?: Record<string, string> | undefined }

const FAULT_CHECKS: ValueChecks<FaultMembers> = { delay: integerFrom(0, 2 ** 31 - 1), status: integerFrom(200, 599), body: TEXT, contentType: TEXT, headers: TEXT_RECORD }
const FAIL_CHECKS: ValueChecks<{ times: number }> = { times: [(value) => value === Infinity || (Number.isInteger(value) && (value as number) >= 0), 'a whole number of requests'] }

/**
 * Checks a fault. A misspelt one would be no fault.
 *
 * @throws TypeError
 */
function checkFault (fault: Fault | null): void {
  if (fault === null || FAULT_NAMES.includes(fault as typeof FAULT_NAMES[number])) return
  if (typeof fault !== 'object') throw new TypeError(`"fault" must be an object, null or one of ${FAULT_NAMES.join(', ')}`)
  const members: FaultMembers = fault
  checkOptionValues(members, FAULT_CHECKS, 'a fault')
  if (members.delay === undefined && members.status === undefined) throw new TypeError('a fault that is an object must have "delay" or "status"')
}

/** Returns the response of a fault, undefined if the endpoint creates the response. */
export function createFaultResponse (fault: Fault | null, origin: RequestOrigin, domains: InstanceDomains): StandInResponse | undefined {
  if (typeof fault === 'object' && fault !== null && 'status' in fault) {
    const { status, body = '', contentType = 'text/plain; charset=utf-8', headers = {} } = fault
    return { status, headers: { 'content-type': contentType, ...headers }, body, isFromProxy: true }
  }
  switch (fault) {
    case 'unknown-instance': return createUnknownInstanceResponse(origin, domains)
    case 'instance-lookup': return createOriginErrorResponse(origin, domains, 'ID=QUERY-d3fas Message=An internal error occurred Parent=(ERROR: relation "projections.instance_domains" does not exist (SQLSTATE 42P01))', 500)
    case 'blocked': return createTextResponse('Your ZITADEL instance is blocked.', 429)
    case 'panic': return createJsonResponse({ error: 'server_error', error_description: 'Internal error' }, 500)
    case 'bad-gateway': return createHtmlResponse(502, 'Bad Gateway')
    case 'rate-limited': return createHtmlResponse(429, 'Too Many Requests')
    default: return undefined
  }
}

function createHtmlResponse (status: number, title: string): StandInResponse {
  const body = `<html>\r\n<head><title>${status} ${title}</title></head>\r\n<body><center><h1>${status} ${title}</h1></center></body>\r\n</html>\r\n`
  return { status, headers: { 'content-type': 'text/html' }, body, isFromProxy: true }
}

/** The current fault, and the number of requests that it still applies to. */
export class FaultPlan {
  #fault: Fault | null = null
  #times = 0

  set (fault: Fault | null, options: { times?: number | undefined }): void {
    checkFault(fault)
    // With a count in place of the options, the fault would last for ever.
    checkOptionValues(options, FAIL_CHECKS, 'fail')
    this.#fault = fault
    this.#times = options.times ?? Infinity
  }

  /** Returns the fault for a new request. */
  next (): Fault | null {
    return this.#times-- > 0 ? this.#fault : null
  }
}
