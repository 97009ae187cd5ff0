import { createPrivateKey } from 'node:crypto'
import * as client from 'openid-client'

/** As documented: `private_key_jwt`, which signs for every request. */
export async function start ({ issuer, key: { key, keyId, clientId } }) {
  const pkcs8 = createPrivateKey(key).export({ type: 'pkcs8', format: 'der' })
  const imported = await crypto.subtle.importKey('pkcs8', pkcs8, { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, false, ['sign'])
  const server = { issuer, introspection_endpoint: `${issuer}/oauth/v2/introspect` }
  const configuration = new client.Configuration(server, clientId, undefined, client.PrivateKeyJwt({ key: imported, kid: keyId }))
  client.allowInsecureRequests(configuration)
  return async (token) => await client.tokenIntrospection(configuration, token)
}
