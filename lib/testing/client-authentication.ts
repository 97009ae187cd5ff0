import type { Application, Applications } from './applications.ts'
import { OAuthError } from './answer.ts'
import { assertionClaims, verifyAssertion } from './client-assertion.ts'
import { formDecode, type Form } from './form.ts'

export interface ClientCredentials {
  clientId: string
  clientSecret: string
  assertion: string
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** The credentials of a request, read but not verified. An `Authorization` header wins over the form. */
export function clientCredentials (form: Form, authorization: string | undefined, refuseTwoMethods: boolean): ClientCredentials {
  const basic = basicCredentials(authorization)
  const [clientId, clientSecret] = basic ?? [form.get('client_id') ?? '', form.get('client_secret') ?? '']
  const assertion = form.get('client_assertion') ?? ''

  if (refuseTwoMethods && assertion !== '' && (basic !== undefined || clientSecret !== '')) {
    throw new OAuthError('invalid_request', 'client authentication must not use more than one method')
  }
  if (clientId === '' && assertion === '') {
    throw new OAuthError('invalid_request', 'client_id or client_assertion must be provided')
  }
  const type = form.get('client_assertion_type') ?? ''
  if (assertion !== '' && type !== assertionType) {
    throw new OAuthError('invalid_request', `invalid client_assertion_type ${type}`)
  }
  return { clientId, clientSecret, assertion }
}

function basicCredentials (authorization = ''): [string, string] | undefined {
  const [, encoded] = /^basic ((?:[a-z0-9+/]{4})*(?:[a-z0-9+/]{2}==|[a-z0-9+/]{3}=)?)$/i.exec(authorization) ?? []
  if (encoded === undefined) return undefined
  const [id = '', ...secret] = Buffer.from(encoded, 'base64').toString().split(':')
  if (secret.length === 0) return undefined
  try {
    return [formDecode(id), formDecode(secret.join(':'))]
  } catch {
    throw new OAuthError('invalid_client', 'invalid basic auth header')
  }
}

/** The client id that is claimed: the issuer of an assertion wins over `client_id`. */
export function claimedClientId ({ clientId, assertion }: ClientCredentials): string {
  return assertion === '' ? clientId : assertionClaims(assertion).iss
}

/** The application that the credentials prove, or `unauthorized_client`. An assertion wins over a secret. */
export async function authenticate (
  credentials: ClientCredentials, applications: Applications, issuer: string, now: number
): Promise<Application> {
  const application = applications.find(claimedClientId(credentials))
  if (application === undefined) throw new OAuthError('unauthorized_client', undefined, 'no active client with this id')

  const { assertion, clientSecret } = credentials
  if (assertion !== '') {
    await verifyAssertion(assertion, application, issuer, now)
  } else if (application.secret !== clientSecret) {
    throw new OAuthError('unauthorized_client', undefined, 'wrong client secret')
  }
  return application
}
