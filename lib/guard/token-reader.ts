import type { FastifyRequest } from 'fastify'
import { createOptionError, type ZitadelError } from '../errors.ts'
import { parseBearerCredentials } from '../oauth/bearer.ts'
import type { ZitadelOptions } from '../options/options.ts'
import { ignoreRejection } from './ignore-rejection.ts'

/**
 * Reads what a request presents as its token, unlooked at; undefined where it presents none.
 *
 * @throws ZitadelError `FST_ZITADEL_INVALID_REQUEST` where more than one place presents something
 */
export type TokenReader = (request: FastifyRequest) => string | undefined

export function createTokenReader (tokenFrom: ZitadelOptions['tokenFrom'], severalTokens: (request: FastifyRequest) => ZitadelError): TokenReader {
  const fromHeader: TokenReader = (request) => {
    const { authorization } = request.headers
    if (authorization === undefined) return undefined
    // Node keeps the first of several fields and says nothing; a proxy in front may have judged by the last.
    if (hasDuplicateAuthorization(request.raw.rawHeaders)) throw severalTokens(request)
    return parseBearerCredentials(authorization)
  }
  if (tokenFrom === undefined) return fromHeader
  return (request) => {
    const header = fromHeader(request)
    const other: unknown = tokenFrom(request) ?? undefined
    if (other === undefined || other === '') return header
    if (typeof other !== 'string') {
      ignoreRejection(other)
      throw createOptionError('option "tokenFrom" must give a string, or undefined where there is no token')
    }
    if (header !== undefined) throw severalTokens(request)
    return other
  }
}

/** @param rawHeaders names and values in turn, as they were received; a request made up for a test may have none */
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
