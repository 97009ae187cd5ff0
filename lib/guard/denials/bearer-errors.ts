import type { FastifyRequest } from 'fastify'
import { DenialCause, ZitadelError, type DenialReason, type ZitadelErrorCode } from '../../errors.ts'
import { createBearerChallenge, type BearerErrorCode } from '../../oauth/bearer.ts'
import type { Resource } from '../../options/resource-config.ts'
import { describeDenial } from './denial-sentences.ts'
import type { ResourceFinder } from '../checks/resource-finder.ts'

/** Creates the denials of callers, each with its challenge. A `reason` and a `detail` are for the log, and not for the caller. */
export interface BearerErrors {
  readonly missingToken: (reason: DenialReason) => ZitadelError
  readonly malformedToken: () => ZitadelError
  readonly severalTokens: () => ZitadelError
  readonly invalidToken: (reason: DenialReason, detail?: string) => ZitadelError
  /** @param scopes scopes that a client can request to be allowed; undefined if no scope would be enough */
  readonly insufficientGrants: (scopes: readonly string[] | undefined, reason: DenialReason, detail: string) => ZitadelError
}

/**
 * Creates the denials of a request. Inside a protected resource, each challenge points to the metadata, and each but that of a
 * missing role names all scopes that a client must request, because some clients request only those of the latest challenge.
 *
 * A missing role is no `insufficient_scope` there: clients of such resources answer that error by a refresh and another login, and
 * neither gives a user a role.
 *
 * @param resource the resource that the request is inside of
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750#section-3.1 RFC 6750 section 3.1}
 * @see {@link https://www.rfc-editor.org/rfc/rfc9728#section-5.1 RFC 9728 section 5.1}
 */
export function createBearerErrors (realm: string | undefined, resource?: Resource): BearerErrors {
  const create = (
    code: ZitadelErrorCode, status: number, message: string, reason: DenialReason, detail: string | undefined,
    error: BearerErrorCode | undefined, scopes: readonly string[] | undefined
  ): ZitadelError => {
    const sentence = describeDenial(reason, detail)
    const headers = { 'www-authenticate': createBearerChallenge(realm, error, scopes, resource?.metadataUrl) }
    return new ZitadelError(code, status, message, headers, sentence === undefined ? undefined : new DenialCause(sentence), reason)
  }
  const scopes = resource?.scopes
  const invalidRequest = (reason: DenialReason): ZitadelError => create('FST_ZITADEL_INVALID_REQUEST', 400, 'Exactly one well-formed bearer token is required', reason, undefined, 'invalid_request', scopes)
  return {
    missingToken: (reason) => create('FST_ZITADEL_NO_TOKEN', 401, 'A bearer token is required', reason, undefined, undefined, scopes),
    malformedToken: () => invalidRequest('token_malformed'),
    severalTokens: () => invalidRequest('several_tokens'),
    invalidToken: (reason, detail) => create('FST_ZITADEL_INVALID_TOKEN', 401, 'The access token is not valid here', reason, detail, 'invalid_token', scopes),
    insufficientGrants: (missing, reason, detail) => missing === undefined
      ? create('FST_ZITADEL_INSUFFICIENT_ROLE', 403, 'The caller does not hold a required role', reason, detail, resource === undefined ? 'insufficient_scope' : undefined, undefined)
      : create('FST_ZITADEL_INSUFFICIENT_SCOPE', 403, 'The access token lacks a required scope', reason, detail, 'insufficient_scope', resource === undefined ? missing : [...new Set([...resource.scopes, ...missing])])
  }
}

/** Finds the denials of a request. */
export type BearerErrorsFinder = (request: FastifyRequest) => BearerErrors

/**
 * Creates the denials once for each resource, and those of requests outside of any.
 *
 * @param findResource undefined if there is no resource
 */
export function createBearerErrorsFinder (realm: string | undefined, resources: readonly Resource[], findResource: ResourceFinder | undefined): BearerErrorsFinder {
  const outside = createBearerErrors(realm)
  if (findResource === undefined) return () => outside
  const inside = new Map(resources.map((resource) => [resource, createBearerErrors(realm, resource)]))
  return (request) => inside.get(findResource(request)!) ?? outside
}
