import { isIntegerBetween, type OptionCheck } from './checks.ts'
import type { SharedCacheOptions } from './shared-cache-options.ts'

const isSharedKey = (value: unknown): boolean => typeof value === 'string' && value.length >= 32

export const SHARED_CACHE_CHECKS: Readonly<Record<keyof SharedCacheOptions, OptionCheck>> = {
  client: [isRedisClient, 'a client of ioredis, iovalkey or node-redis, or one of their clusters that reads from masters (no pool, no "scaleReads")', (value) => value instanceof Promise ? ' (it is a promise: await it)' : ''],
  key: [(value) => isSharedKey(value) || (Array.isArray(value) && (value.length === 1 || value.length === 2) && Array.from(value).every(isSharedKey)), 'one or two strings of at least 32 random characters'],
  prefix: [(value) => typeof value === 'string' && /^[\x21-\x7E]{1,100}$/.test(value), '1 to 100 printable ASCII characters without spaces'],
  deadline: [isIntegerBetween(1, 10_000), 'a whole number of milliseconds, from 1 to 10,000'],
  wait: [isIntegerBetween(0, 60_000), 'a whole number of milliseconds, from 0 to 60,000']
}

/** Clients are recognized by their members, because none of the packages is a dependency. A pool lacks `isReady`. */
function isRedisClient (value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { duplicate, on, call, status, sendCommand, isReady } = value as Record<string, unknown>
  if (typeof duplicate !== 'function' || typeof on !== 'function' || readsFromReplicas(value)) return false
  if (typeof call === 'function') return typeof status === 'string'
  return typeof sendCommand === 'function' && (typeof isReady === 'boolean' || Array.isArray((value as { masters?: unknown }).masters))
}

/** A `Cluster` of ioredis with `scaleReads`: a replica may not have the latest tombstones. Other clients are made to read from masters. */
function readsFromReplicas (value: object): boolean {
  const { isCluster, options } = value as { isCluster?: unknown, options?: { scaleReads?: unknown } }
  return isCluster === true && (options?.scaleReads ?? 'master') !== 'master'
}
