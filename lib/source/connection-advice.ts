import type { ProxyConfig } from '../options/proxy-config.ts'

/**
 * What helps if ZITADEL does not answer: where it was asked, and what the environment says about a proxy.
 *
 * @param origin of the introspection endpoint
 */
export function describeConnectionAdvice (origin: string, proxy: ProxyConfig | undefined): string {
  const address = `; it was asked at ${origin}`
  if (proxy === undefined) return address
  return proxy.server === undefined
    ? `${address}; the variable ${proxy.variable} names a proxy, which is not used: set NODE_USE_ENV_PROXY=1 to use it`
    : `${address}; the connection goes through the proxy in the variable ${proxy.variable}: check it too, or exclude the host with NO_PROXY`
}
