import type { ProxyConfig } from '../../options/proxy.ts'
import { ok, warningOf, type Diagnosis } from '../diagnosis.ts'

/** Checks whether requests go through the proxy that the environment names. */
export function diagnoseProxy (proxy: ProxyConfig | undefined): Diagnosis[] {
  if (proxy === undefined) return []
  const { variable, server } = proxy
  return server === undefined
    ? [warningOf('proxy', 'proxy_unused', `The variable ${variable} names a proxy, and the plugin does not use it`)]
    : [ok('proxy', `Requests go through the proxy in the variable ${variable}`)]
}
