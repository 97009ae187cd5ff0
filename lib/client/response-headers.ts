/** Header fields by their lower-case names, as undici gives them. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>

/** The forms of request ids in the field: UUID, xid, a number, 16 bytes in hexadecimal. No token or secret has one of them. */
const REQUEST_ID = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-v]{20}|\d{1,20}|[0-9a-f]{32})$/

/**
 * The id of an exchange, as a log line adds it; '' without one that can be trusted to be one.
 *
 * @param sent all that is secret: an id that stands in it was taken from there, whatever has become of its capitals and hyphens
 */
export function requestIdOf (headers: Headers, sent: string): string {
  const id = headers['x-request-id']
  return typeof id === 'string' && REQUEST_ID.test(id) && !plain(sent).includes(plain(id)) ? ` [x-request-id ${id}]` : ''
}

/** A field that came more than once says nothing. */
function text (value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : ''
}

function plain (id: string): string {
  return id.toLowerCase().replaceAll('-', '')
}

/** By how much the clocks differ, as a sentence to append; '' where they agree. ZITADEL tolerates one second. */
export function skewOf (headers: Headers, now: number): string {
  const seconds = Math.round((now - Date.parse(text(headers['date']))) / 1000)
  if (Number.isNaN(seconds) || Math.abs(seconds) < 2) return ''
  return `; this machine's clock is ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} ZITADEL's`
}

/** Milliseconds: what a server that limits without saying how long is given, and how long it may ask for at most. */
const UNTOLD_PAUSE = 5000
const LONGEST_PAUSE = 60_000

/**
 * How long a server wants to be left alone, in milliseconds.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 RFC 9110 section 10.2.3}: seconds or a date
 */
export function pauseOf (headers: Headers, now: number): number {
  const value = text(headers['retry-after'])
  // A date is by the server's clock, and so is the time of its answer.
  const pause = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - (Date.parse(text(headers['date'])) || now)
  return pause > 0 ? Math.min(pause, LONGEST_PAUSE) : UNTOLD_PAUSE
}
