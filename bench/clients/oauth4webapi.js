import { createPrivateKey } from 'node:crypto'
import * as oauth from 'oauth4webapi'

/** As documented: `private_key_jwt`, which signs for every request. */
export async function start ({ issuer, key: { key, keyId, clientId } }) {
  const pkcs8 = createPrivateKey(key).export({ type: 'pkcs8', format: 'der' })
  const imported = await crypto.subtle.importKey('pkcs8', pkcs8, { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, false, ['sign'])
  const insecure = { [oauth.allowInsecureRequests]: true }
  const server = { issuer, introspection_endpoint: `${issuer}/oauth/v2/introspect` }
  const client = { client_id: clientId }
  const authentication = oauth.PrivateKeyJwt({ key: imported, kid: keyId })
  return async (token) => {
    const response = await oauth.introspectionRequest(server, client, authentication, token, insecure)
    return await oauth.processIntrospectionResponse(server, client, response)
  }
}
