import { ZitadelError, type ZitadelErrorCode } from '../errors.ts'
import { createBearerChallenge, type BearerErrorCode } from '../oauth/bearer.ts'

/** The caller's failures, each with the challenge that belongs to it. */
export interface BearerErrors {
  readonly missingToken: () => ZitadelError
  readonly invalidRequest: () => ZitadelError
  /** @param reason for the log */
  readonly invalidToken: (reason: string) => ZitadelError
  /**
   * @param scopes what a client can ask for to cure it; undefined where no scope would
   * @param reason for the log, where more can be said than what is missing
   */
  readonly insufficientGrants: (scopes: readonly string[] | undefined, reason: string | undefined) => ZitadelError
}

/** @see {@link https://www.rfc-editor.org/rfc/rfc6750#section-3.1 RFC 6750 section 3.1} */
export function createBearerErrors (realm: string | undefined): BearerErrors {
  const create = (code: ZitadelErrorCode, status: number, message: string, error?: BearerErrorCode, scopes?: readonly string[], reason?: string): ZitadelError =>
    new ZitadelError(code, status, message, { 'www-authenticate': createBearerChallenge(realm, error, scopes) }, reason === undefined ? undefined : new Error(reason))
  return {
    missingToken: () => create('FST_ZITADEL_NO_TOKEN', 401, 'A bearer token is required'),
    invalidRequest: () => create('FST_ZITADEL_INVALID_REQUEST', 400, 'Exactly one well-formed bearer token is required', 'invalid_request'),
    invalidToken: (reason) => create('FST_ZITADEL_INVALID_TOKEN', 401, 'The access token is not valid here', 'invalid_token', undefined, reason),
    insufficientGrants: (scopes, reason) => scopes === undefined
      ? create('FST_ZITADEL_INSUFFICIENT_ROLE', 403, 'The caller does not hold a required role', 'insufficient_scope', undefined, reason)
      : create('FST_ZITADEL_INSUFFICIENT_SCOPE', 403, 'The access token lacks a required scope', 'insufficient_scope', scopes, reason)
  }
}
