import type { FastifyRequest } from 'fastify'
import { ZitadelError, createOptionError } from '../errors.ts'
import { parseBearerCredentials } from '../oauth/bearer.ts'
import type { ZitadelOptions } from '../options/plugin-options.ts'
import { ignoreRejection } from '../ignore-rejection.ts'

/**
 * Reads the token of a request, unchecked. Undefined if there is none.
 *
 * @throws ZitadelError `FST_ZITADEL_INVALID_REQUEST` if there are different tokens, or several in one place
 * @throws ZitadelError `FST_ZITADEL_OPTION` if the function `tokenFrom` returns a wrong type or throws. Its own error is thrown if it
 *   has a `statusCode` from 400 to 499: then the function has judged the request
 */
export type TokenReader = (request: FastifyRequest) => string | undefined

/**
 * Creates the reader of the header, and of the place that the option `tokenFrom` reads. Equal tokens in both places are
 * accepted, because some proxies send both.
 */
export function createTokenReader (tokenFrom: ZitadelOptions['tokenFrom'], severalTokens: (request: FastifyRequest) => ZitadelError): TokenReader {
  const fromHeader: TokenReader = (request) => {
    const { authorization } = request.headers
    if (authorization === undefined) return undefined
    // Node.js keeps the first of several fields without a notice. A proxy may have decided by the last.
    if (hasDuplicateAuthorization(request.raw.rawHeaders)) throw severalTokens(request)
    return parseBearerCredentials(authorization)
  }
  if (tokenFrom === undefined) return fromHeader
  return (request) => {
    const header = fromHeader(request)
    const other = callTokenFrom(tokenFrom, request) ?? undefined
    if (other === undefined || other === '') return header
    // A header or query parameter that occurs twice.
    if (Array.isArray(other)) throw severalTokens(request)
    if (typeof other !== 'string') {
      ignoreRejection(other)
      throw createOptionError('option "tokenFrom" must return a string, or undefined if there is no token')
    }
    if (header !== undefined && header !== other) throw severalTokens(request)
    return other
  }
}

/** The message of an error that was not meant for callers must not reach them. */
function callTokenFrom (tokenFrom: (request: FastifyRequest) => unknown, request: FastifyRequest): unknown {
  try {
    return tokenFrom(request)
  } catch (error) {
    if (!(error instanceof Error)) throw createOptionError('option "tokenFrom" threw a non-error value')
    if (isClientErrorStatus((error as { statusCode?: unknown }).statusCode)) throw error
    throw new ZitadelError('FST_ZITADEL_OPTION', 500, 'option "tokenFrom" threw an error', {}, error)
  }
}

/** With any other status, Fastify would answer 500 with the message of the error. */
function isClientErrorStatus (status: unknown): boolean {
  return Number.isInteger(status) && (status as number) >= 400 && (status as number) < 500
}

/** @param rawHeaders names and values in turn, as they were received. An injected request may have none. */
function hasDuplicateAuthorization (rawHeaders: readonly string[] = []): boolean {
  let found = false
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!
    if (name.length !== 13 || name.toLowerCase() !== 'authorization') continue
    if (found) return true
    found = true
  }
  return false
}
