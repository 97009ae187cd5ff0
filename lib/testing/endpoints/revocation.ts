import { OAuthError, createErrorResponse, type StandInResponse } from '../http/response.ts'
import type { Application } from '../instance/applications.ts'
import { authenticate, getClaimedClientId, parseClientCredentials } from './client-authentication.ts'
import type { StandInRequest } from '../http/request.ts'
import type { EndpointContext } from './context.ts'
import { parseForm, type Form } from '../http/form.ts'

/**
 * Handles `/oauth/v2/revoke` (RFC 7009). Only applications for logins can revoke, APIs cannot. An unknown token gets 200, a
 * token of another project 401. So does every token of a service account, which no client can revoke here.
 */
export async function handleRevocation (request: StandInRequest, issuer: string, context: EndpointContext): Promise<StandInResponse> {
  try {
    const form = parseForm(request)
    const client = await authenticateOidcClient(form, request.headers.authorization, issuer, context)
    const token = form.get('token') ?? ''
    if (token === '') throw new OAuthError('invalid_request', 'token missing')
    return revokeToken(token, client, context)
  } catch (error) {
    return createErrorResponse(error as OAuthError)
  }
}

async function authenticateOidcClient (form: Form, authorization: string | undefined, issuer: string, context: EndpointContext): Promise<Application> {
  const credentials = parseClientCredentials(form, authorization, context.refuseTwoMethods)
  const application = context.applications.find(getClaimedClientId(credentials))
  if (application?.kind !== 'oidc') throw new OAuthError('invalid_client', 'no active client not found')
  if (application.secret === undefined && application.keys.size === 0) return application
  try {
    return await authenticate(credentials, context.applications, issuer, context.clock())
  } catch (error) {
    const description = credentials.assertion === '' ? 'invalid secret' : 'invalid client authentication'
    throw new OAuthError('invalid_client', description, (error as Error).message)
  }
}

function revokeToken (token: string, client: Application, { tokens }: EndpointContext): StandInResponse {
  const record = tokens.find(token)
  const mayRevoke = record === undefined || (record.kind === 'user' && (record.audience.includes(client.clientId) || record.audience.includes(client.projectId)))
  if (!mayRevoke) return createErrorResponse(new OAuthError('invalid_client', 'token was not issued for this client'), 401)
  if (record !== undefined) tokens.revokeRecord(record)
  return { status: 200, headers: { 'content-type': 'application/json' }, body: '' }
}
