import { OAuthError, oauthError, type Answer } from './answer.ts'
import type { Application } from './applications.ts'
import { authenticate, claimedClientId, clientCredentials } from './client-authentication.ts'
import type { Exchange, Instance } from './exchange.ts'
import { parseForm, type Form } from './form.ts'

/**
 * `/oauth/v2/revoke` (RFC 7009): for applications that people log in to, not for APIs. 200 for an unknown token, 401
 * for one that was issued for another project.
 */
export async function revoke (exchange: Exchange, issuer: string, instance: Instance): Promise<Answer> {
  try {
    const form = parseForm(exchange)
    const client = await oidcClient(form, exchange.headers.authorization, issuer, instance)
    const token = form.get('token') ?? ''
    if (token === '') throw new OAuthError('invalid_request', 'token missing')
    return revokeToken(token, client, instance)
  } catch (error) {
    return oauthError(error as OAuthError)
  }
}

async function oidcClient (form: Form, authorization: string | undefined, issuer: string, instance: Instance): Promise<Application> {
  const credentials = clientCredentials(form, authorization, instance.refuseTwoMethods)
  const application = instance.applications.find(claimedClientId(credentials))
  if (application?.kind !== 'oidc') throw new OAuthError('invalid_client', 'no active client not found')
  if (application.secret === undefined && application.keys.size === 0) return application
  try {
    return await authenticate(credentials, instance.applications, issuer, instance.clock())
  } catch (error) {
    throw new OAuthError('invalid_client', 'invalid client authentication', (error as Error).message)
  }
}

function revokeToken (token: string, client: Application, { tokens }: Instance): Answer {
  const record = tokens.find(token)
  const mayRevoke = record === undefined || record.audience.includes(client.clientId) || record.audience.includes(client.projectId)
  if (!mayRevoke) return oauthError(new OAuthError('invalid_client', 'token was not issued for this client'), 401)
  if (record !== undefined) tokens.end(token, 'revoked')
  return { status: 200, headers: { 'content-type': 'application/json' }, body: '' }
}
