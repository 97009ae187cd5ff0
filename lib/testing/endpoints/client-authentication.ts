import type { Application, ApplicationStore } from '../instance/applications.ts'
import { OAuthError } from '../http/response.ts'
import { parseAssertionClaims, verifyAssertion } from './client-assertion.ts'
import { decodeFormValue, type Form } from '../http/form.ts'

export interface ClientCredentials {
  clientId: string
  clientSecret: string
  assertion: string
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/**
 * Parses the credentials of a request, without verification. An `Authorization` header takes precedence over the form.
 *
 * @throws OAuthError `invalid_request` or `invalid_client`
 */
export function parseClientCredentials (form: Form, authorization: string | undefined, refuseTwoMethods: boolean): ClientCredentials {
  const basic = parseBasicCredentials(authorization)
  const [clientId, clientSecret] = basic ?? [form.get('client_id') ?? '', form.get('client_secret') ?? '']
  const assertion = form.get('client_assertion') ?? ''

  if (refuseTwoMethods && assertion !== '' && (basic !== undefined || clientSecret !== '')) {
    throw new OAuthError('invalid_request', 'client authentication must not use more than one method')
  }
  if (clientId === '' && assertion === '') {
    throw new OAuthError('invalid_request', 'client_id or client_assertion must be provided')
  }
  const type = form.get('client_assertion_type') ?? ''
  if (assertion !== '' && type !== ASSERTION_TYPE) {
    throw new OAuthError('invalid_request', `invalid client_assertion_type ${type}`)
  }
  return { clientId, clientSecret, assertion }
}

function parseBasicCredentials (authorization = ''): [string, string] | undefined {
  const [, encoded] = /^basic ((?:[a-z0-9+/]{4})*(?:[a-z0-9+/]{2}==|[a-z0-9+/]{3}=)?)$/i.exec(authorization) ?? []
  if (encoded === undefined) return undefined
  const [id = '', ...secret] = Buffer.from(encoded, 'base64').toString().split(':')
  if (secret.length === 0) return undefined
  try {
    return [decodeFormValue(id), decodeFormValue(secret.join(':'))]
  } catch {
    throw new OAuthError('invalid_client', 'invalid basic auth header')
  }
}

/** Returns the claimed client id: the `iss` of an assertion takes precedence over `client_id`. */
export function getClaimedClientId ({ clientId, assertion }: ClientCredentials): string {
  return assertion === '' ? clientId : parseAssertionClaims(assertion).iss
}

/**
 * Returns the application of valid credentials. An assertion takes precedence over a secret.
 *
 * @param now milliseconds since 1970
 * @throws OAuthError `unauthorized_client`
 */
export async function authenticate (
  credentials: ClientCredentials, applications: ApplicationStore, issuer: string, now: number
): Promise<Application> {
  const application = applications.find(getClaimedClientId(credentials))
  if (application === undefined) throw new OAuthError('unauthorized_client', undefined, 'no active client with this id')

  const { assertion, clientSecret } = credentials
  if (assertion !== '') {
    await verifyAssertion(assertion, application, issuer, now)
  } else if (application.secret !== clientSecret) {
    throw new OAuthError('unauthorized_client', undefined, 'wrong client secret')
  }
  return application
}
