import type { ProxyConfig } from '../options/proxy-config.ts'

/** Advice about the proxy of the environment if ZITADEL does not answer; '' without one. */
export function describeProxyAdvice (proxy: ProxyConfig | undefined): string {
  if (proxy === undefined) return ''
  return proxy.server === undefined
    ? `; the variable ${proxy.variable} names a proxy, which is not used: set NODE_USE_ENV_PROXY=1 to use it`
    : `; the connection goes through the proxy in the variable ${proxy.variable}: check it too, or exclude the host with NO_PROXY`
}
