import type { ProxyConfig } from '../../options/proxy-config.ts'
import { createSuccess, createWarning, type Diagnosis } from '../diagnosis.ts'

/** Checks whether requests go through the proxy that the environment names. */
export function diagnoseProxy (proxy: ProxyConfig | undefined): Diagnosis[] {
  if (proxy === undefined) return []
  const { variable, server } = proxy
  return server === undefined
    ? [createWarning('proxy', 'proxy_unused', `The variable ${variable} names a proxy, and the plugin does not use it`)]
    : [createSuccess('proxy', `Requests go through the proxy in the variable ${variable}`)]
}
