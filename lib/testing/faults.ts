import { json, text, type Answer } from './answer.ts'
import { originError, unknownInstance, type Domains, type Origin } from './instance.ts'

const faultNames = [
  'reset', 'hang', 'cut-body', 'stalled-body', 'endless-body',
  'inactive', 'refuse-replays',
  'unknown-instance', 'instance-lookup', 'blocked', 'panic', 'bad-gateway', 'rate-limited'
] as const

/**
 * How the stand-in goes wrong until it is told otherwise.
 *
 * - `{ delay }`: answers normally, so many milliseconds later (real time, not the clock's).
 * - `{ status }`: this answer, whatever was asked. Content type `text/plain; charset=utf-8` by default.
 * - `'reset'`: resets the connection (RST) once the request is there. `'hang'`: never answers.
 * - `'cut-body'`: closes the connection in the middle of the answer. `'stalled-body'`: stops there. `'endless-body'`: never stops.
 * - `'inactive'`: an internal error of ZITADEL; every token of an accepted client is inactive while it lasts.
 * - `'unknown-instance'`: 404, no instance has this host. `'instance-lookup'`: 500, the database failed to say which one has.
 * - `'blocked'`: 429, the instance's quota is exhausted. `'panic'`: 500 with a JSON error.
 * - `'bad-gateway'`: 502 in HTML from a proxy. `'rate-limited'`: 429 in HTML from a proxy.
 * - `'refuse-replays'`: 401 `invalid_client` for an assertion without `jti`, or whose `jti` was seen before. ZITADEL does
 *   not do that; RFC 7523 section 3 allows it, and other servers do.
 */
export type Fault =
  | { delay: number }
  | { status: number, body?: string, contentType?: string, headers?: Record<string, string> }
  | typeof faultNames[number]

export function checkFault (fault: Fault | null): void {
  if (typeof fault === 'object' || faultNames.includes(fault)) return
  throw new TypeError(`"fault" must be an object, null or one of ${faultNames.join(', ')}`)
}

/** The whole answer that a fault stands for; undefined where the endpoint still answers. */
export function faultyAnswer (fault: Fault | null, origin: Origin, domains: Domains): Answer | undefined {
  if (typeof fault === 'object' && fault !== null && 'status' in fault) {
    const { status, body = '', contentType = 'text/plain; charset=utf-8', headers = {} } = fault
    return { status, headers: { 'content-type': contentType, ...headers }, body, foreign: true }
  }
  switch (fault) {
    case 'unknown-instance': return unknownInstance(origin, domains)
    case 'instance-lookup': return originError(origin, domains, 'ID=QUERY-1kIjX Message=Errors.Internal', 500)
    case 'blocked': return text('Your ZITADEL instance is blocked.', 429)
    case 'panic': return json({ error: 'server_error', error_description: 'Internal error' }, 500)
    case 'bad-gateway': return html(502, 'Bad Gateway')
    case 'rate-limited': return html(429, 'Too Many Requests')
    default: return undefined
  }
}

function html (status: number, title: string): Answer {
  const body = `<html>\r\n<head><title>${status} ${title}</title></head>\r\n<body><center><h1>${status} ${title}</h1></center></body>\r\n</html>\r\n`
  return { status, headers: { 'content-type': 'text/html' }, body, foreign: true }
}
