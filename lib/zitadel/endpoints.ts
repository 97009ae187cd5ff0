/** Where the introspection endpoint is found, and how ZITADEL is told which of its instances is meant. */
export interface Endpoint {
  readonly origin: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

/** The path of the introspection endpoint unless a self-hoster has changed it. */
export const INTROSPECTION_PATH = '/oauth/v2/introspect'

/**
 * The introspection endpoint of an instance. Behind an internal address ZITADEL finds the instance, and with it the issuer
 * that assertions must name, by headers.
 *
 * @param issuer the public origin
 * @param address the origin to connect to, when it is another
 */
export function resolveIntrospectionEndpoint (issuer: string, address: string = issuer, path: string = INTROSPECTION_PATH): Endpoint {
  if (address === issuer) return { origin: issuer, path, headers: {} }
  const { host, protocol } = new URL(issuer)
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

/** Whether a host name can only mean this machine, so that plain http crosses no network. */
export function isLoopback (hostname: string): boolean {
  if (hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]') return true
  // WHATWG URLs have written every spelling of an IPv4 address as four decimal numbers by now.
  const parts = hostname.split('.')
  return parts.length === 4 && parts[0] === '127' && parts.every((part) => /^\d{1,3}$/.test(part))
}
