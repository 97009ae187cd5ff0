import { OAuthError, createJsonResponse, createErrorResponse, type StandInResponse } from '../http/response.ts'
import type { Application, ApplicationStore } from '../instance/applications.ts'
import { authenticate, parseClientCredentials } from './client-authentication.ts'
import type { StandInRequest } from '../http/request.ts'
import type { EndpointContext } from './context.ts'
import type { Fault } from '../faults.ts'
import { parseForm } from '../http/form.ts'
import { createIntrospectionResponse } from './introspection-response.ts'
import { createRoleScopes } from '../tokens/roles.ts'
import type { TokenRecord } from '../tokens/token-record.ts'

/**
 * Handles `/oauth/v2/introspect` (RFC 7662), with the checks in the order of ZITADEL: an error of the client comes before an
 * error of the token.
 */
export async function handleIntrospection (request: StandInRequest, issuer: string, context: EndpointContext, fault: Fault | null): Promise<StandInResponse> {
  try {
    const form = parseForm(request)
    const credentials = parseClientCredentials(form, request.headers.authorization, context.refuseTwoMethods)
    if (credentials.clientSecret === '' && credentials.assertion === '') {
      throw new OAuthError('invalid_client', 'client must be authenticated')
    }
    const token = form.get('token') ?? ''
    if (token === '') throw new OAuthError('invalid_request', 'token missing')
    if (fault === 'refuse-replays' && context.recordAssertion(credentials.assertion)) return createErrorResponse(new OAuthError('invalid_client'), 401)
    return await hideInternalErrors(async () => {
      const now = context.clock()
      const client = await authenticate(credentials, context.applications, issuer, now)
      if (fault === 'inactive') throw new Error('internal error')
      return createJsonResponse(createActiveResponse(context.tokens.find(token), client, issuer, context.applications, now))
    })
  } catch (error) {
    return createErrorResponse(error as OAuthError)
  }
}

/** ZITADEL reports only `unauthorized_client`. After any other error the token is inactive. */
async function hideInternalErrors (createResponse: () => Promise<StandInResponse>): Promise<StandInResponse> {
  try {
    return await createResponse()
  } catch (error) {
    if (error instanceof OAuthError && error.code === 'unauthorized_client') throw error
    return { ...createJsonResponse({ active: false }), reason: (error as Error).message }
  }
}

/**
 * Creates the response about a token for a client. The checks are those of ZITADEL.
 *
 * @param record undefined if the token is unknown
 * @param issuer the origin of the introspection request
 * @param now milliseconds since 1970
 * @throws Error if the token is inactive for this client. The message is the reason.
 */
export function createActiveResponse (
  record: TokenRecord | undefined, client: Pick<Application, 'clientId' | 'projectId'>, issuer: string, applications: ApplicationStore, now: number
): ReadonlyMap<string, unknown> {
  if (record === undefined) throw new Error('token is unknown')
  if (record.endReason !== undefined) throw new Error(`token has ended: ${record.endReason}`)
  if (record.expiresAt * 1000 <= now) throw new Error('token has expired')
  if (record.options.format === 'jwt' && record.issuer !== issuer) throw new Error('issuer does not match')
  const seen = adaptToClient(client, record, applications)
  if (!seen.audience.includes(client.clientId) && !seen.audience.includes(client.projectId)) {
    throw new Error('token is not valid for this client')
  }
  return createIntrospectionResponse(seen, applications.getProject(client.projectId), issuer)
}

/** A PAT is valid for every client, and its `scope` lists every role in the project of the client. */
function adaptToClient ({ clientId, projectId }: Pick<Application, 'clientId' | 'projectId'>, record: TokenRecord, applications: ApplicationStore): TokenRecord {
  if (record.kind !== 'pat') return record
  return {
    ...record,
    audience: [...record.audience, clientId, projectId],
    scopes: [...record.scopes, ...createRoleScopes([...applications.getProject(projectId).roles].sort())]
  }
}
