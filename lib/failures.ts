import { removeStackFrames, ZitadelError } from './errors.ts'

/** When a client may try again if ZITADEL names no time. A restart takes about as long. */
const RETRY_AFTER_SECONDS = 5

/** Why ZITADEL gave no usable response, for the log. Contains no token and no assertion, and of a peer at most an `x-request-id` of a known form. */
export class OutageError extends Error {
  /** What an operator should check. */
  readonly advice: string
  /** Whether callers can cause it by what or how much they send. Then it does not mean that ZITADEL is down. */
  readonly canBeCausedByCaller: boolean

  constructor (message: string, advice: string, canBeCausedByCaller = false) {
    super(message)
    this.name = 'OutageError'
    this.advice = advice
    this.canBeCausedByCaller = canBeCausedByCaller
    removeStackFrames(this)
  }
}

/** Returns what was observed and, for an outage, what an operator should check. */
export function formatFailure (cause: Error): string {
  return cause instanceof OutageError ? `${cause.message}: ${cause.advice}` : cause.message
}

/**
 * Creates the error for an outage: ZITADEL is unreachable, slow, limits this API or is broken. It says nothing about the token.
 *
 * @param outage what was observed
 * @param retryAfter seconds
 */
export function createUnavailableError (outage: OutageError, retryAfter: number = RETRY_AFTER_SECONDS): ZitadelError {
  const headers = { 'retry-after': String(Math.max(1, Math.ceil(retryAfter))) }
  return new ZitadelError('FST_ZITADEL_UNAVAILABLE', 503, 'The access token cannot be verified right now', headers, outage)
}

/** What ZITADEL does not accept: the credentials, another part of the request, the host or path, or the issuer. */
export type RejectedPart = 'credentials' | 'request' | 'path' | 'issuer'

/** Why ZITADEL does not accept this API, for the log. */
export class RejectionError extends Error {
  readonly part: RejectedPart

  constructor (message: string, part: RejectedPart) {
    super(message)
    this.part = part
  }
}

/**
 * Creates the error for a ZITADEL that responds and does not accept this API: the credentials, the host or the issuer are wrong.
 *
 * @param rejection what was observed and what to check, for the log; the caller does not get it
 */
export function createClientRejectedError (rejection: RejectionError): ZitadelError {
  return new ZitadelError('FST_ZITADEL_CLIENT_REJECTED', 500, 'This API cannot verify access tokens', {}, rejection)
}
