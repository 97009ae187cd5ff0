import { createFailure, createSuccess, createWarning, type Diagnosis } from '../diagnosis.ts'
import { shortenForDisplay } from '../printable.ts'
import { fetchDocument, isHttpUrl, toStrings, type Exchange } from './mcp-http.ts'

/**
 * Follows the metadata of a resource to its authorization server.
 *
 * @param expected the issuer of this API; undefined if it is unknown
 * @see {@link https://www.rfc-editor.org/rfc/rfc8414#section-3 RFC 8414 section 3}
 */
export async function diagnoseAuthorizationServer (exchange: Exchange, resource: Record<string, unknown>, expected: string | undefined): Promise<Diagnosis[]> {
  const id = 'mcp_authorization_server'
  const [issuer] = toStrings(resource['authorization_servers'])
  if (!isHttpUrl(issuer)) return [createFailure(id, 'authorization_server_missing', 'The metadata names no authorization server')]
  const shown = shortenForDisplay(issuer)
  if (expected !== undefined && issuer !== expected) return [createFailure(id, 'authorization_server_other', `The metadata names another authorization server than the issuer of this API: ${shown}`)]
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  const found = await fetchDocument(exchange, [`${origin}/.well-known/oauth-authorization-server${path}`, `${origin}${path}/.well-known/openid-configuration`])
  if (found.url === undefined) return [createFailure(id, 'authorization_server_unreachable', `The metadata of the authorization server is not there (${found.tried})`)]
  const { issuer: named } = found.document
  if (named !== issuer) return [createFailure(id, 'authorization_server_renamed', `The authorization server names another issuer: ${shortenForDisplay(String(named))}`)]
  return [createSuccess(id, `The authorization server is ${shown}`), diagnosePkce(found.document), diagnoseRegistration(found.document)]
}

function diagnosePkce (document: Record<string, unknown>): Diagnosis {
  return toStrings(document['code_challenge_methods_supported']).includes('S256')
    ? createSuccess('mcp_pkce', 'The authorization server supports PKCE')
    : createFailure('mcp_pkce', 'pkce_not_advertised', 'The authorization server does not advertise PKCE with S256')
}

function diagnoseRegistration ({ registration_endpoint: endpoint, client_id_metadata_document_supported: isByDocument }: Record<string, unknown>): Diagnosis {
  const ways = [...isByDocument === true ? ['client id metadata documents'] : [], ...typeof endpoint === 'string' ? ['dynamic registration'] : []]
  return ways.length > 0
    ? createSuccess('mcp_registration', `Clients can register themselves: ${ways.join(', ')}`)
    : createWarning('mcp_registration', 'registration_off', 'Clients cannot register themselves at the authorization server')
}
