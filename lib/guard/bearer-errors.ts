import type { FastifyRequest } from 'fastify'
import { ZitadelError, type ZitadelErrorCode } from '../errors.ts'
import { createBearerChallenge, type BearerErrorCode } from '../oauth/bearer.ts'
import type { Resource } from '../options/resources.ts'
import { createResourceFinder } from './resource-finder.ts'

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
  const create = (code: ZitadelErrorCode, status: number, message: string, error?: BearerErrorCode, scopes?: readonly string[], reason?: string): ZitadelError =>
    new ZitadelError(code, status, message, { 'www-authenticate': createBearerChallenge(realm, error, scopes, resource?.metadataUrl) }, reason === undefined ? undefined : new Error(reason))
  const scopes = resource?.scopes
  return {
    missingToken: () => create('FST_ZITADEL_NO_TOKEN', 401, 'A bearer token is required', undefined, scopes),
    invalidRequest: () => create('FST_ZITADEL_INVALID_REQUEST', 400, 'Exactly one well-formed bearer token is required', 'invalid_request', scopes),
    invalidToken: (reason) => create('FST_ZITADEL_INVALID_TOKEN', 401, 'The access token is not valid here', 'invalid_token', scopes, reason),
    insufficientGrants: (missing, reason) => missing === undefined
      ? create('FST_ZITADEL_INSUFFICIENT_ROLE', 403, 'The caller does not hold a required role', resource === undefined ? 'insufficient_scope' : undefined, undefined, reason)
      : create('FST_ZITADEL_INSUFFICIENT_SCOPE', 403, 'The access token lacks a required scope', 'insufficient_scope', resource === undefined ? missing : [...new Set([...resource.scopes, ...missing])], reason)
  }
}

/** Finds the denials of a request. */
export type BearerErrorsFinder = (request: FastifyRequest) => BearerErrors

/** Creates the denials once for each resource, and those of requests outside of any. */
export function createBearerErrorsFinder (realm: string | undefined, resources: readonly Resource[]): BearerErrorsFinder {
  const outside = createBearerErrors(realm)
  if (resources.length === 0) return () => outside
  const inside = new Map(resources.map((resource) => [resource, createBearerErrors(realm, resource)]))
  const find = createResourceFinder(resources)
  return (request) => inside.get(find(request)!) ?? outside
}
