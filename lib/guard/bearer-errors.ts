import { ZitadelError, type ZitadelErrorCode } from '../errors.ts'
import { bearerChallenge, type BearerErrorCode } from '../oauth/bearer.ts'

/** The caller's failures, each with the challenge that belongs to it. */
export interface Refusals {
  readonly noToken: () => ZitadelError
  readonly invalidRequest: () => ZitadelError
  /** @param why for the log */
  readonly invalidToken: (why: string) => ZitadelError
  /**
   * @param scopes what a client can ask for to cure it; undefined where no scope would
   * @param why for the log, where more can be said than what is missing
   */
  readonly insufficient: (scopes: readonly string[] | undefined, why: string | undefined) => ZitadelError
}

/** @see {@link https://www.rfc-editor.org/rfc/rfc6750#section-3.1 RFC 6750 section 3.1} */
export function refusals (realm: string | undefined): Refusals {
  const refuse = (code: ZitadelErrorCode, status: number, message: string, error?: BearerErrorCode, scopes?: readonly string[], why?: string): ZitadelError =>
    new ZitadelError(code, status, message, { 'www-authenticate': bearerChallenge(realm, error, scopes) }, why === undefined ? undefined : new Error(why))
  return {
    noToken: () => refuse('FST_ZITADEL_NO_TOKEN', 401, 'A bearer token is required'),
    invalidRequest: () => refuse('FST_ZITADEL_INVALID_REQUEST', 400, 'Exactly one well-formed bearer token is required', 'invalid_request'),
    invalidToken: (why) => refuse('FST_ZITADEL_INVALID_TOKEN', 401, 'The access token is not valid here', 'invalid_token', undefined, why),
    insufficient: (scopes, why) => scopes === undefined
      ? refuse('FST_ZITADEL_INSUFFICIENT_ROLE', 403, 'The caller does not hold a required role', 'insufficient_scope', undefined, why)
      : refuse('FST_ZITADEL_INSUFFICIENT_SCOPE', 403, 'The access token lacks a required scope', 'insufficient_scope', scopes, why)
  }
}
