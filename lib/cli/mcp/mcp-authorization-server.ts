import { failed, ok, warning, type Diagnosis } from '../diagnosis.ts'
import { fetchDocument, toPrintable, toStrings, type Exchange } from './exchange.ts'

/**
 * Follows the metadata of a resource to its authorization server.
 *
 * @param expected the issuer of this API; undefined if it is unknown
 * @see {@link https://www.rfc-editor.org/rfc/rfc8414#section-3 RFC 8414 section 3}
 */
export async function diagnoseAuthorizationServer (exchange: Exchange, resource: Record<string, unknown>, expected: string | undefined): Promise<Diagnosis[]> {
  const id = 'mcp_authorization_server'
  const [issuer] = toStrings(resource['authorization_servers'])
  if (issuer === undefined || !/^https?:/.test(issuer) || !URL.canParse(issuer)) return [failed(id, 'The metadata names no authorization server', 'Serve the metadata with the option "resource", and with no route of your own at its path')]
  const shown = toPrintable(issuer)
  if (expected !== undefined && issuer !== expected) return [failed(id, `The metadata names another authorization server than the issuer of this API: ${shown}`, 'Deploy the server with the same issuer')]
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  const found = await fetchDocument(exchange, [`${origin}/.well-known/oauth-authorization-server${path}`, `${origin}${path}/.well-known/openid-configuration`])
  if (found.url === undefined) return [failed(id, `The metadata of the authorization server is not there (${found.tried})`, 'Clients need a public way to the issuer. Check the name, the port and the certificate')]
  const { issuer: named } = found.document
  if (named !== issuer) return [failed(id, `The authorization server names another issuer: ${toPrintable(String(named))}`, `Set the option "issuer" to it, or give ZITADEL the public name that clients use: ${shown}`)]
  return [ok(id, `The authorization server is ${shown}`), diagnosePkce(found.document), diagnoseRegistration(found.document)]
}

function diagnosePkce (document: Record<string, unknown>): Diagnosis {
  return toStrings(document['code_challenge_methods_supported']).includes('S256')
    ? ok('mcp_pkce', 'The authorization server supports PKCE')
    : failed('mcp_pkce', 'The authorization server does not advertise PKCE with S256', 'Clients refuse it. Check what stands in front of ZITADEL: its own metadata has code_challenge_methods_supported')
}

function diagnoseRegistration ({ registration_endpoint: endpoint, client_id_metadata_document_supported: isByDocument }: Record<string, unknown>): Diagnosis {
  const ways = [...isByDocument === true ? ['client id metadata documents'] : [], ...typeof endpoint === 'string' ? ['dynamic registration'] : []]
  return ways.length > 0
    ? ok('mcp_registration', `Clients can register themselves: ${ways.join(', ')}`)
    : warning('mcp_registration', 'Clients cannot register themselves at the authorization server', 'Create a native application with PKCE in ZITADEL, and give its client id to the users of MCP clients. See docs/mcp.md')
}
