import { INACTIVE_TTL, RECOVERY, SLACK, TTL } from './settings.js'

/**
 * What is known of one token, by the clock of this process. A change has begun when it was asked for, and is certain once
 * it was confirmed.
 *
 * @typedef {{ token: string, sub: string, liveUntil: number, expiresAt: number, revoking?: number, revoked?: number, forgotten?: number,
 *   admin: boolean, adminChanging: number, adminChanged: number, adminForgotten?: number }} Known
 */

/** Spans of time in which ZITADEL is not itself. */
export class Spans {
  #spans = []

  begin (what) {
    const span = { what, from: Date.now(), to: Infinity }
    this.#spans.push(span)
    return () => { span.to = Date.now() }
  }

  /** Whether one of them touches a time. */
  touch (from, to, is = () => true) {
    return this.#spans.some((span) => is(span.what) && span.from <= to && span.to >= from)
  }
}

/**
 * Why an answer is wrong; undefined for one that is allowed.
 *
 * @param {{ path: string, known?: Known, status: number, headers: object, from: number, to: number }} answer the time from
 *   before it was sent until it was answered
 * @param {Spans} faults
 * @param {Spans} rejections in which no key of the API is known
 */
export function wrong ({ path, known, status, headers, from, to }, faults, rejections) {
  switch (status) {
    case 200: return wronglyServed(path, known, from)
    case 401:
      if (headers['www-authenticate'] === undefined) return '401 without a challenge'
      if (known === undefined || !wasLive(known, to)) return undefined
      // ZITADEL itself says inactive when it fails inside.
      return faults.touch(from - INACTIVE_TTL - SLACK, to, (fault) => fault === 'inactive') ? undefined : '401 for a live token'
    case 403:
      if (known === undefined) return '403 for a token that is none'
      if (path !== '/admin' && path !== '/upload') return '403 where no role is asked for'
      // Whoever lacks a role may also be told by a verdict that is as old as the ttl.
      return known.admin && from > known.adminChanged + TTL + SLACK ? '403 for one who holds the role' : undefined
    case 503:
      if (headers['retry-after'] === undefined) return '503 without Retry-After'
      return faults.touch(from - RECOVERY, to) ? undefined : '503 while all is well'
    case 500: return rejections.touch(from, to) ? undefined : '500 while the key is known'
    default: return `${status}`
  }
}

function wronglyServed (path, known, from) {
  if (known === undefined) return '200 for a token that is none'
  if (from >= known.expiresAt) return '200 for an expired token'
  const isFresh = path === '/fresh'
  const { revoked = Infinity, forgotten = Infinity } = known
  if (from > revoked + (isFresh ? 0 : TTL) + SLACK) return `200 for a token that was revoked (${path})`
  if (revoked < Infinity && from > forgotten + SLACK) return '200 for a token that was revoked and forgotten'
  if (path !== '/admin' && path !== '/upload') return undefined
  const lostFor = known.admin ? -Infinity : from - known.adminChanged
  if (lostFor > TTL + SLACK) return '200 for one who lost the role'
  if (!known.admin && from > (known.adminForgotten ?? Infinity) + SLACK) return '200 for one who lost the role and was forgotten'
}

/** Until a moment, without a doubt. */
function wasLive ({ liveUntil, revoking = Infinity }, until) {
  return until < revoking && until < liveUntil - SLACK
}
