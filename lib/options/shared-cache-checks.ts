import type { OptionCheck } from './checks.ts'
import type { SharedCacheOptions } from './shared-cache-options.ts'

const isSharedKey = (value: unknown): boolean => typeof value === 'string' && value.length >= 32
const isIntegerAtLeast = (least: number, most: number) => (value: unknown): boolean => Number.isInteger(value) && (value as number) >= least && (value as number) <= most

export const SHARED_CACHE_CHECKS: Readonly<Record<keyof SharedCacheOptions, OptionCheck>> = {
  client: [isRedisClient, 'a client of ioredis, iovalkey or node-redis (no cluster, no pool)'],
  key: [(value) => isSharedKey(value) || (Array.isArray(value) && (value.length === 1 || value.length === 2) && Array.from(value).every(isSharedKey)), 'one or two strings of at least 32 random characters'],
  prefix: [(value) => typeof value === 'string' && /^[\x21-\x7E]{1,100}$/.test(value), '1 to 100 printable ASCII characters without spaces'],
  deadline: [isIntegerAtLeast(1, 10_000), 'a whole number of milliseconds, from 1 to 10,000'],
  wait: [isIntegerAtLeast(0, 60_000), 'a whole number of milliseconds, from 0 to 60,000']
}

/** By what they can do, as no client is a dependency. A pool lacks `isReady`, and clusters are told by what only they have. */
function isRedisClient (value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { duplicate, on, call, status, isCluster, sendCommand, isReady } = value as Record<string, unknown>
  if (typeof duplicate !== 'function' || typeof on !== 'function' || isCluster === true || 'masters' in value) return false
  return (typeof call === 'function' && typeof status === 'string') || (typeof sendCommand === 'function' && typeof isReady === 'boolean')
}
