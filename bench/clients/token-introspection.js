import tokenIntrospection from 'token-introspection'

/** As documented. It supports client secrets only, so it never signs. */
export async function start ({ issuer, clientId, clientSecret }) {
  return tokenIntrospection({ endpoint: `${issuer}/oauth/v2/introspect`, client_id: clientId, client_secret: clientSecret })
}
