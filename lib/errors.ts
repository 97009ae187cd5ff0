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
  // the message to an MCP server is denied
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
export function removeStackFrames (error: Error): void {
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

/** Mistakes in the options for which the command `fastify-zitadel doctor` says what to do. */
export type OptionProblem =
  | 'issuer_missing' | 'issuer_malformed' | 'credentials_missing' | 'credentials_conflict' | 'credentials_incomplete'
  | 'key_in_key_file' | 'key_file_missing' | 'key_file_is_directory' | 'key_file_unreadable'
  | 'path_in_key' | 'key_empty' | 'key_quoted' | 'key_is_pem' | 'key_line_breaks' | 'key_not_json'
  | 'key_of_service_account' | 'key_incomplete' | 'key_pem_broken' | 'key_unsupported'
  | 'proxy_malformed'

/** No members of the errors, because users could rely on them. */
const OPTION_PROBLEMS = new WeakMap<Error, OptionProblem>()

export function setOptionProblem<E extends Error> (error: E, problem: OptionProblem | undefined): E {
  if (problem !== undefined) OPTION_PROBLEMS.set(error, problem)
  return error
}

/** Undefined for a mistake that only the message describes. */
export function getOptionProblem (error: Error): OptionProblem | undefined {
  return OPTION_PROBLEMS.get(error)
}

/**
 * Creates the error for a mistake in the code or the options of this API. It stops the start. During a request it is a 500.
 *
 * @param message names the option or route and the expected value, never the given one
 */
export function createOptionError (message: string, problem?: OptionProblem): ZitadelError {
  return setOptionProblem(new ZitadelError('FST_ZITADEL_OPTION', 500, message), problem)
}
