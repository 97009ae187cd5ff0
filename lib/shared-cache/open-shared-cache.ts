import type { CredentialsProvider } from '../options/credentials.ts'
import type { Config } from '../options/config.ts'
import type { SharedCacheConfig } from '../options/shared-cache-config.ts'
import type { Clock } from '../clock.ts'
import type { Logger } from '../reporter.ts'
import { createOptionError } from '../errors.ts'
import type { ApiIdentity } from './aead-box.ts'
import { CLOCK_INTERVAL_MS } from './clock-messages.ts'
import { CommandConnection } from './command-connection.ts'
import { HEARTBEAT_INTERVAL_MS } from './heartbeat.ts'
import { RedisCommands } from './redis-commands.ts'
import { SharedCache } from './shared-cache.ts'
import { SharedCacheLog } from './shared-cache-log.ts'
import { SharedKey } from './shared-key.ts'
import { SILENCE_MS } from './silence-timer.ts'
import type { SharedCacheIntervals } from './subscription.ts'
import { Tombstones } from './tombstones.ts'

type Client = Awaited<ReturnType<CredentialsProvider['read']>>

const INTERVALS: SharedCacheIntervals = { heartbeat: HEARTBEAT_INTERVAL_MS, silence: SILENCE_MS, clock: CLOCK_INTERVAL_MS }

/**
 * Opens the shared cache of the options.
 *
 * @param client undefined if the option `introspect` is given: a shared key must be given then
 * @returns undefined without the option `cache.shared`
 * @throws ZitadelError `FST_ZITADEL_OPTION`
 */
export function openSharedCache ({ cache, issuer, timeout, staleIfError }: Config, client: Client | undefined, clock: Clock, log: Logger): SharedCache | undefined {
  if (cache.shared === undefined) return undefined
  const identity = { issuer: issuer ?? '', clientId: client?.clientId ?? '', secret: client && getSecret(client) }
  // A request waits for another process no longer than for ZITADEL.
  const wait = Math.min(cache.shared.wait, timeout)
  return createSharedCache({ ...cache.shared, wait }, identity, { ttl: cache.ttl, staleIfError }, clock, log)
}

/**
 * @param secret the credential of the API; undefined if only an external signer has it
 * @param times seconds for which a verdict can be used, and further seconds if ZITADEL cannot be reached
 * @throws ZitadelError `FST_ZITADEL_OPTION`
 */
export function createSharedCache (
  options: SharedCacheConfig, { secret, ...identity }: ApiIdentity & { readonly secret: Uint8Array | undefined },
  times: Pick<Config, 'staleIfError'> & { readonly ttl: number }, clock: Clock, logger: Pick<Logger, 'warn' | 'info'>,
  intervals: SharedCacheIntervals = INTERVALS
): SharedCache {
  const { client, key = secret, prefix, deadline, wait } = options
  if (key === undefined) throw createOptionError('option "cache.shared.key" is missing: with an external signer or "introspect" there is no secret that it could be derived from')
  const keys = (typeof key === 'string' || key instanceof Uint8Array ? [key] : key).map((one) => new SharedKey(one, identity))
  const log = new SharedCacheLog(logger, clock)
  const commands = new RedisCommands(new CommandConnection(client), deadline, clock, log)
  const ttl = times.ttl * 1000
  const lifetime = ttl + times.staleIfError * 1000
  const tombstones = new Tombstones(commands, keys, prefix, lifetime, clock)
  return new SharedCache(client, { commands, tombstones, keys, prefix, ttl, lifetime, clock, log }, wait, intervals)
}

/** Returns a secret that only the processes of this API have; undefined if an external signer keeps it. */
function getSecret (client: Client): Uint8Array | undefined {
  if ('secret' in client) return Buffer.from(client.secret)
  return 'key' in client ? client.key.export({ type: 'pkcs8', format: 'der' }) : undefined
}
