/** Header fields by their lower-case names, as undici gives them. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>

/** The usual forms of request ids: UUID, xid, a number, 16 bytes in hexadecimal. No token or secret of ZITADEL has one of them. */
const REQUEST_ID = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-v]{20}|\d{1,20}|[0-9a-f]{32})$/

/**
 * Formats the id of an exchange for a log line.
 *
 * @param secrets all that is secret. An id that is part of it, with other capitals or hyphens too, was taken from there
 * @returns '' if there is no id, or if it could be something else
 */
export function formatRequestId (headers: ResponseHeaders, secrets: string): string {
  const id = headers['x-request-id']
  return typeof id === 'string' && REQUEST_ID.test(id) && !normalizeId(secrets).includes(normalizeId(id)) ? ` [x-request-id ${id}]` : ''
}

/** Returns '' for a field that was sent more than once. */
function getSingleValue (value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : ''
}

function normalizeId (id: string): string {
  return id.toLowerCase().replaceAll('-', '')
}

/** ZITADEL tolerates an assertion that is one second from the future. */
const TOLERATED_SKEW_SECONDS = 1

/**
 * Returns the seconds by which the clock of this machine is ahead of the server's; negative if it is behind, 0 if they agree or the
 * server's is not known.
 */
export function findClockSkew (headers: ResponseHeaders, now: number): number {
  const seconds = Math.round((now - Date.parse(getSingleValue(headers['date']))) / 1000)
  return Math.abs(seconds) > TOLERATED_SKEW_SECONDS ? seconds : 0
}

/** Describes by how much the clocks differ, to append to a message; '' if they agree. */
export function describeClockSkew (headers: ResponseHeaders, now: number): string {
  const seconds = findClockSkew(headers, now)
  return seconds === 0 ? '' : `; this machine's clock is ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} ZITADEL's`
}

/** The wait after a 429 without `retry-after`, and the longest wait that a server can request. */
const DEFAULT_RETRY_AFTER_MS = 5000
const MAX_RETRY_AFTER_MS = 60_000

/**
 * Returns the milliseconds for which a server requests that no request is sent.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 RFC 9110 section 10.2.3}: seconds or a date
 */
export function parseRetryAfter (headers: ResponseHeaders, now: number): number {
  const value = getSingleValue(headers['retry-after'])
  // The date is by the clock of the server, as is the `date` of its response.
  const backoff = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - (Date.parse(getSingleValue(headers['date'])) || now)
  return backoff > 0 ? Math.min(backoff, MAX_RETRY_AFTER_MS) : DEFAULT_RETRY_AFTER_MS
}
