/** Header fields by their lower-case names, as undici gives them. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>

/** The forms of request ids in the field: UUID, xid, a number, 16 bytes in hexadecimal. No token or secret has one of them. */
const REQUEST_ID = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-v]{20}|\d{1,20}|[0-9a-f]{32})$/

/**
 * The id of an exchange, as a log line adds it; '' without one that can be trusted to be one.
 *
 * @param secrets all that is secret: an id that stands in it was taken from there, whatever has become of its capitals and hyphens
 */
export function formatRequestId (headers: ResponseHeaders, secrets: string): string {
  const id = headers['x-request-id']
  return typeof id === 'string' && REQUEST_ID.test(id) && !normalizeId(secrets).includes(normalizeId(id)) ? ` [x-request-id ${id}]` : ''
}

/** A field that came more than once says nothing. */
function getSingleValue (value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : ''
}

function normalizeId (id: string): string {
  return id.toLowerCase().replaceAll('-', '')
}

/** By how much the clocks differ, as a sentence to append; '' where they agree. ZITADEL tolerates one second. */
export function describeClockSkew (headers: ResponseHeaders, now: number): string {
  const seconds = Math.round((now - Date.parse(getSingleValue(headers['date']))) / 1000)
  if (Number.isNaN(seconds) || Math.abs(seconds) < 2) return ''
  return `; this machine's clock is ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} ZITADEL's`
}

/** Milliseconds: what a server that limits without saying how long is given, and how long it may ask for at most. */
const DEFAULT_RETRY_AFTER_MS = 5000
const MAX_RETRY_AFTER_MS = 60_000

/**
 * How long a server wants to be left alone, in milliseconds.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 RFC 9110 section 10.2.3}: seconds or a date
 */
export function parseRetryAfter (headers: ResponseHeaders, now: number): number {
  const value = getSingleValue(headers['retry-after'])
  // A date is by the server's clock, and so is the time of its answer.
  const backoff = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - (Date.parse(getSingleValue(headers['date'])) || now)
  return backoff > 0 ? Math.min(backoff, MAX_RETRY_AFTER_MS) : DEFAULT_RETRY_AFTER_MS
}
