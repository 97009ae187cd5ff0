import type { CredentialsSource } from '../options/credentials.ts'
import type { Config } from '../options/config.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../reporter.ts'
import { openSharedCache, type SharedCache } from './shared-cache.ts'

type Client = Awaited<ReturnType<CredentialsSource['read']>>

/**
 * The tier that the options ask for, for this API of this issuer.
 *
 * @param client undefined where a user's function stands in for ZITADEL: the fleet's key must then be given
 * @throws ZitadelError `FST_ZITADEL_OPTION`
 */
export function openFleet ({ cache, server, timeout }: Config, client: Client | undefined, clock: Clock, log: Log): SharedCache | undefined {
  if (cache === false || cache.shared === undefined) return undefined
  const identity = { issuer: server?.issuer ?? '', clientId: client?.clientId ?? '', secret: client && secretOf(client) }
  // Whoever waits for a peer waits no longer than he would for ZITADEL.
  const wait = Math.min(cache.shared.wait ?? 1000, timeout)
  return openSharedCache({ ...cache.shared, wait }, identity, cache.ttl, clock, log)
}

/** What every process of this API has, and nobody else; undefined where an external signer keeps it. */
function secretOf (client: Client): Uint8Array | undefined {
  if ('secret' in client) return Buffer.from(client.secret)
  return 'key' in client ? client.key.export({ type: 'pkcs8', format: 'der' }) : undefined
}
