import { CUT_OFF, ELSEWHERE, INACTIVE_TTL, RECONNECT, RECOVERY, SLACK, TIMEOUT, TTL } from './settings.js'

/**
 * The state of one token, by the clock of this process. A change begins with its request, and is certain when
 * it is confirmed.
 *
 * @typedef {{ token: string, sub: string, liveUntil: number, expiresAt: number, revoking?: number, revoked?: number, forgotten?: Forgotten,
 *   admin: boolean, adminChanging: number, adminChanged: number, adminForgotten?: Forgotten }} Known
 */

/**
 * A forget, or an event of ZITADEL, that one process has received.
 *
 * @typedef {{ by: number, from: number, to: number }} Forgotten
 */

/** Periods in which there is a fault. */
export class Spans {
  #spans = []

  begin (what) {
    const span = { what, from: Date.now(), to: Infinity }
    this.#spans.push(span)
    return () => { span.to = Date.now() }
  }

  add (what, from, to) {
    this.#spans.push({ what, from, to })
  }

  get seconds () {
    return this.#spans.reduce((sum, { from, to }) => sum + to - from, 0) / 1000
  }

  /** Whether one of them touches a time. */
  touch (from, to, is = () => true) {
    return this.#spans.some((span) => is(span.what) && span.from <= to && span.to >= from)
  }

  /** Those that touch a time, in milliseconds before its end. */
  list (from, to) {
    return this.#spans.filter((span) => span.from <= to && span.to >= from).map((span) => `${JSON.stringify(span.what)} from ${span.from - to} to ${span.to - to}`)
  }
}

/**
 * Why a response is wrong; undefined if it is allowed.
 *
 * @param {{ api: number, path: string, known?: Known, status: number, headers: object, from: number, to: number }} answer its process,
 *   and the time from before the request until the response
 * @param {{ faults: Spans, rejections: Spans, troubles: Spans, stalls: Spans }} spans of ZITADEL, in which no key of the API is known, of
 *   Redis, and in which this machine was too busy for a process to answer
 */
export function findViolation ({ api, path, known, status, headers, from, to }, spans) {
  const { faults, rejections, troubles } = spans
  switch (status) {
    case 200: return findWrongAdmission(api, path, known, from, troubles)
    case 401:
      if (headers['www-authenticate'] === undefined) return '401 without a challenge'
      if (known === undefined || !wasActive(known, to)) return undefined
      // ZITADEL says inactive if it fails internally.
      return faults.touch(from - INACTIVE_TTL - SLACK, to, (fault) => fault === 'inactive') ? undefined : '401 for an active token'
    case 403:
      if (known === undefined) return '403 for an unknown token'
      if (path !== '/admin' && path !== '/upload') return '403 on a route without a role'
      // A verdict may be as old as the ttl, also for a caller without the role.
      return known.admin && from > known.adminChanged + TTL + SLACK ? '403 for a user with the role' : undefined
    case 503:
      if (headers['retry-after'] === undefined) return '503 without Retry-After'
      return isCalm(spans, from, to) ? '503 without a fault' : undefined
    case 500: return rejections.touch(from, to) ? undefined : '500 while the key is known'
    default: return `${status}`
  }
}

/** Whether ZITADEL can be reached and this machine is fast enough: then no 503 is allowed, also during faults of Redis. */
export function isCalm ({ faults, stalls }, from, to) {
  return !faults.touch(from - RECOVERY, to) && !stalls.touch(from - 2 * TIMEOUT, to)
}

function findWrongAdmission (api, path, known, from, troubles) {
  if (known === undefined) return '200 for an unknown token'
  if (from >= known.expiresAt) return '200 for an expired token'
  const isFresh = path === '/fresh'
  const { revoked = Infinity } = known
  if (from > revoked + (isFresh ? 0 : TTL) + SLACK) return `200 for a token that was revoked (${path})`
  if (revoked < Infinity && mustBeForgotten(known.forgotten, api, from, troubles)) return '200 for a token that was revoked and forgotten'
  if (path !== '/admin' && path !== '/upload') return undefined
  const lostFor = known.admin ? -Infinity : from - known.adminChanged
  if (lostFor > TTL + SLACK) return '200 for a user who lost the role'
  if (!known.admin && mustBeForgotten(known.adminForgotten, api, from, troubles)) return '200 for a user who lost the role and was forgotten'
}

/** Whether a process must have forgotten the token at this time. If not, the ttl is the bound. */
function mustBeForgotten (forgotten, api, from, troubles) {
  if (forgotten === undefined) return false
  const { by } = forgotten
  // A Redis that restarts loses the marks.
  if (troubles.touch(forgotten.from, from, ({ kind }) => kind === 'restart')) return false
  if (api === by) return from > forgotten.to + SLACK
  const touch = (is) => troubles.touch(forgotten.from - RECONNECT, forgotten.to + ELSEWHERE, is)
  // Without Redis, other processes do not receive the forget.
  if (touch((trouble) => trouble.api === undefined || trouble.api === by)) return false
  return from > forgotten.to + ELSEWHERE + (touch((trouble) => trouble.api === api) ? CUT_OFF : 0)
}

/** Whether the token was certainly active until a moment. */
function wasActive ({ liveUntil, revoking = Infinity }, until) {
  return until < revoking && until < liveUntil - SLACK
}
