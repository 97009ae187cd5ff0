/**
 * The kinds of failure. The first five are the caller's, the sixth is ZITADEL's, the last two are this API's.
 */
export type ZitadelErrorCode =
  | 'FST_ZITADEL_NO_TOKEN'
  | 'FST_ZITADEL_INVALID_REQUEST'
  | 'FST_ZITADEL_INVALID_TOKEN'
  | 'FST_ZITADEL_INSUFFICIENT_SCOPE'
  | 'FST_ZITADEL_INSUFFICIENT_ROLE'
  | 'FST_ZITADEL_UNAVAILABLE'
  | 'FST_ZITADEL_CLIENT_REJECTED'
  | 'FST_ZITADEL_OPTION'

/**
 * Why a caller was denied: the `reason` of a log line. A small fixed set of words, fit for metrics. The response does not
 * contain it.
 */
export type DenialReason =
  // no token to check
  | 'token_missing' | 'scheme_not_bearer' | 'token_malformed' | 'several_tokens'
  // the token is not valid here
  | 'token_inactive' | 'token_expired' | 'token_not_yet_valid' | 'token_bound' | 'other_issuer'
  | 'client_not_listed' | 'client_absent' | 'project_not_in_audience' | 'personal_access_token' | 'actor_malformed'
  // the caller lacks a right
  | 'scope_missing' | 'role_missing' | 'roles_absent' | 'role_in_other_organization' | 'custom_scope_not_a_role' | 'organization_unknown'
  // the message to an MCP server is refused
  | 'tool_not_listed' | 'message_malformed' | 'message_differs_from_headers'

/**
 * The error of hooks, strategies and `app.zitadel`. If a request inside of the guard's scope fails with it, the plugin sets the
 * status and the headers on the reply before the error handler runs. Elsewhere, the error handler must do so.
 *
 * @example
 * ```ts
 * app.setErrorHandler((error: FastifyError, request, reply) => {
 *   if (error instanceof ZitadelError) reply.headers(error.headers)
 *   return reply.code(error.statusCode ?? 500).send({ code: error.code, message: error.message })
 * })
 * ```
 */
export class ZitadelError extends Error {
  readonly code: ZitadelErrorCode
  /** The HTTP status of the response. */
  readonly statusCode: number
  /** Response headers that belong to the failure: `www-authenticate` for the caller's, `retry-after` (seconds) for ZITADEL's. */
  readonly headers: Readonly<Record<string, string>>
  /** Why a caller was denied, for logs and metrics; undefined for every other failure. Not enumerable, as `cause`. */
  declare readonly reason: DenialReason | undefined

  constructor (code: ZitadelErrorCode, statusCode: number, message: string, headers: Readonly<Record<string, string>> = {}, cause?: Error, reason?: DenialReason) {
    super(message)
    this.name = 'ZitadelError'
    this.code = code
    this.statusCode = statusCode
    this.headers = Object.freeze({ ...headers })
    // Not enumerable, as in the language: serializers that copy properties must not send it to a caller.
    if (cause !== undefined) Object.defineProperty(this, 'cause', { value: cause, configurable: true, writable: true })
    Object.defineProperty(this, 'reason', { value: reason, configurable: true, writable: true })
    if (statusCode !== 500) removeStackFrames(this)
  }

  /** The same as `statusCode`. With `expose` it is the shape of `http-errors`, which other error handlers recognize (NestJS). */
  get status (): number { return this.statusCode }

  /** Whether the caller may see the message: true below 500. */
  get expose (): boolean { return this.statusCode < 500 }
}

/**
 * A denied caller and an outage are no defects of this program: without frames, each is one line in the log. What leads to a
 * mistake in code or options keeps its frames.
 */
function removeStackFrames (error: Error): void {
  Object.defineProperty(error, 'stack', { value: `${error.name}: ${error.message}`, configurable: true, writable: true })
}

/** Why a caller was denied, in a sentence for the log: the `cause` of a {@link ZitadelError}. */
export class DenialCause extends Error {
  constructor (message: string) {
    super(message)
    this.name = 'DenialCause'
    removeStackFrames(this)
  }
}

/**
 * Creates the error for a mistake in the code or the options of this API. It stops the start. During a request it is a 500.
 *
 * @param message names the option or route and the expected value, never the given one
 */
export function createOptionError (message: string): ZitadelError {
  return new ZitadelError('FST_ZITADEL_OPTION', 500, message)
}

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

/**
 * Converts what was thrown during a request. The response says that the configuration is wrong, the log says what is wrong.
 *
 * @param thrown anything: user code can throw a non-error value, and the request must still be denied
 */
export function toRequestError (thrown: unknown): Error {
  if (thrown instanceof ZitadelError && thrown.code === 'FST_ZITADEL_OPTION') {
    return new ZitadelError('FST_ZITADEL_OPTION', 500, 'This route is not configured correctly', {}, thrown)
  }
  return thrown instanceof Error ? thrown : new Error('a non-error value was thrown')
}
