import type { CredentialsProvider } from '../options/credentials.ts'
import type { Config } from '../options/config.ts'
import type { Clock } from '../clock.ts'
import type { Logger } from '../reporter.ts'
import type { SharedCacheOptions } from '../options/shared-cache-options.ts'
import { createOptionError } from '../errors.ts'
import { RedisCommands, type WarnLog } from './redis-commands.ts'
import { SharedCache } from './shared-cache.ts'
import { SharedKey, type ApiIdentity } from './shared-key.ts'
import { Tombstones } from './tombstones.ts'

type Client = Awaited<ReturnType<CredentialsProvider['read']>>

/**
 * The tier that the options ask for, for this API of this issuer.
 *
 * @param client undefined where a user's function stands in for ZITADEL: the fleet's key must then be given
 * @throws ZitadelError `FST_ZITADEL_OPTION`
 */
export function openSharedCache ({ cache, authorizationServer, timeout }: Config, client: Client | undefined, clock: Clock, log: Logger): SharedCache | undefined {
  if (cache === false || cache.shared === undefined) return undefined
  const identity = { issuer: authorizationServer?.issuer ?? '', clientId: client?.clientId ?? '', secret: client && getSecret(client) }
  // Whoever waits for a peer waits no longer than he would for ZITADEL.
  const wait = Math.min(cache.shared.wait ?? 1000, timeout)
  return createSharedCache({ ...cache.shared, wait }, identity, cache.ttl, clock, log)
}

/**
 * @param secret the API's own credential; undefined where only an external signer has it
 * @param ttl seconds that a verdict can live at most
 * @param interval milliseconds
 * @throws ZitadelError `FST_ZITADEL_OPTION`
 */
export function createSharedCache (options: SharedCacheOptions, { secret, ...identity }: ApiIdentity & { readonly secret: Uint8Array | undefined }, ttl: number, clock: Clock, log: WarnLog, interval: number = 1000): SharedCache {
  const { client, key = secret, prefix = 'fastify-zitadel', deadline = 25, wait = 1000 } = options
  if (key === undefined) throw createOptionError('option "cache.shared.key" is missing: with an external signer or "introspect" there is no secret that it could be derived from')
  const keys = (typeof key === 'string' || key instanceof Uint8Array ? [key] : key).map((one) => new SharedKey(one, identity))
  const commands = new RedisCommands(client, deadline, clock, log)
  const tombstones = new Tombstones(commands, keys, prefix, ttl * 1000, clock)
  return new SharedCache(client, { commands, tombstones, keys, prefix, ttl: ttl * 1000, clock }, wait, interval)
}

/** What every process of this API has, and nobody else; undefined where an external signer keeps it. */
function getSecret (client: Client): Uint8Array | undefined {
  if ('secret' in client) return Buffer.from(client.secret)
  return 'key' in client ? client.key.export({ type: 'pkcs8', format: 'der' }) : undefined
}
