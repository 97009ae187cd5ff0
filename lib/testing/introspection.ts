import { OAuthError, json, oauthError, type Answer } from './answer.ts'
import type { Application, Applications } from './applications.ts'
import { authenticate, clientCredentials } from './client-authentication.ts'
import type { Exchange, Instance } from './exchange.ts'
import type { Fault } from './faults.ts'
import { parseForm } from './form.ts'
import { introspectionResponse } from './introspection-response.ts'
import { roleScopes } from './roles.ts'
import type { TokenRecord } from './token-record.ts'

/** `/oauth/v2/introspect`: the checks in ZITADEL's order, a client's error before a token's. */
export async function introspect (exchange: Exchange, issuer: string, instance: Instance, fault: Fault | null): Promise<Answer> {
  try {
    const form = parseForm(exchange)
    const credentials = clientCredentials(form, exchange.headers.authorization, instance.refuseTwoMethods)
    if (credentials.clientSecret === '' && credentials.assertion === '') {
      throw new OAuthError('invalid_client', 'client must be authenticated')
    }
    const token = form.get('token') ?? ''
    if (token === '') throw new OAuthError('invalid_request', 'token missing')
    if (fault === 'refuse-replays' && instance.isReplay(credentials.assertion)) return oauthError(new OAuthError('invalid_client'), 401)
    return await unlessInternal(async () => {
      const now = instance.clock()
      const client = await authenticate(credentials, instance.applications, issuer, now)
      if (fault === 'inactive') throw new Error('internal error')
      return active(token, client, issuer, instance, now)
    })
  } catch (error) {
    return oauthError(error as OAuthError)
  }
}

/** Any error but `unauthorized_client` is kept from the client: the token is then inactive. */
async function unlessInternal (judge: () => Promise<Answer>): Promise<Answer> {
  try {
    return await judge()
  } catch (error) {
    if (error instanceof OAuthError && error.code === 'unauthorized_client') throw error
    return { ...json({ active: false }), reason: (error as Error).message }
  }
}

function active (token: string, client: Application, issuer: string, { applications, tokens }: Instance, now: number): Answer {
  const record = tokens.find(token)
  if (record === undefined) throw new Error('token is unknown')
  if (record.ended !== undefined) throw new Error(`token has ended: ${record.ended}`)
  if (record.expiresAt * 1000 <= now) throw new Error('token has expired')
  if (record.options.format === 'jwt' && record.issuer !== issuer) throw new Error('issuer does not match')
  const seen = asSeenBy(client, record, applications)
  if (!seen.audience.includes(client.clientId) && !seen.audience.includes(client.projectId)) {
    throw new Error('token is not valid for this client')
  }
  return json(introspectionResponse(seen, applications.project(client.projectId), issuer))
}

/** A PAT is for whoever asks, and its scope names every role of the asking application's project. */
function asSeenBy ({ clientId, projectId }: Application, record: TokenRecord, applications: Applications): TokenRecord {
  const { roles, assertRoles } = applications.project(projectId)
  const isPat = record.kind === 'pat'
  return {
    ...record,
    audience: isPat ? [...record.audience, clientId, projectId] : record.audience,
    scopes: isPat || assertRoles ? [...record.scopes, ...roleScopes(roles)] : record.scopes
  }
}
