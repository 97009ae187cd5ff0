/** The address of the introspection endpoint, and the headers that name the ZITADEL instance behind it. */
export interface Endpoint {
  readonly origin: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

/** The path of the introspection endpoint. A self-hosted ZITADEL can change it. */
export const INTROSPECTION_PATH = '/oauth/v2/introspect'

/** The path of the public keys of an instance. A self-hosted ZITADEL can change it. */
export const KEYS_PATH = '/oauth/v2/keys'

/**
 * The introspection endpoint of an instance. Behind an internal address, ZITADEL finds the instance by headers, and derives
 * from them the issuer that assertions must name. So they hold the host exactly as the issuer spells it.
 *
 * @param issuer the public origin as it was written, without a slash at the end
 * @param address the origin to connect to; default: that of the issuer
 */
export function resolveIntrospectionEndpoint (issuer: string, address?: string | undefined, path: string = INTROSPECTION_PATH): Endpoint {
  const { origin, protocol } = new URL(issuer)
  if (address === undefined || address === origin) return { origin, path, headers: {} }
  const host = issuer.slice(issuer.indexOf('//') + 2)
  return {
    origin: address,
    path,
    headers: {
      'x-zitadel-instance-host': host,
      'x-forwarded-host': host,
      'x-forwarded-proto': protocol.slice(0, -1)
    }
  }
}
