/** Addresses that ZITADEL does not call by default, and names of private networks. */
const PRIVATE = /^(?:127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|0\.0\.0\.0$|\[(?:::1\]|f[cd]|fe80))|(?:^|\.)(?:localhost|local|internal|lan|home|cluster\.local)$/i

/** What can keep the events from arriving, or do harm. */
export function listDeliveryWarnings (url: URL): string[] {
  const { protocol, hostname } = url
  const isPrivate = PRIVATE.test(hostname) || !/[.:]/.test(hostname)
  return [
    'ZITADEL 4.11 to 4.15: if an event execution fails, unrelated calls of its API can fail. Update ZITADEL first',
    'ZITADEL tries each delivery once. Only the ttl of the cache guarantees when a revocation takes effect',
    ...isPrivate ? ['This looks like a private address. ZITADEL refuses it unless its setting HTTPClient.DenyList allows it'] : [],
    ...protocol === 'http:' ? ['Over plain http, others on the network can read the events'] : []
  ]
}
