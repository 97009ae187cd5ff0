import { isIntegerBetween, type OptionCheck } from './checks.ts'
import { omitUndefined } from './omit-undefined.ts'
import { isRedisClient } from './redis-kind.ts'
import type { SharedCacheOptions } from './shared-cache-options.ts'

const isSharedKey = (value: unknown): boolean => typeof value === 'string' && value.length >= 32

/** The checks of the option `cache.shared`. */
export const SHARED_CACHE_CHECKS: Readonly<Record<keyof SharedCacheOptions, OptionCheck>> = {
  client: [isRedisClient, 'a client of ioredis, iovalkey or node-redis, or one of their clusters that reads from masters (no pool, no "scaleReads")', (value) => value instanceof Promise ? ' (it is a promise: await it)' : ''],
  key: [
    (value) => isSharedKey(value) || (Array.isArray(value) && (value.length === 1 || value.length === 2) && Array.from(value).every(isSharedKey)),
    'one or two strings of at least 32 random characters'
  ],
  prefix: [(value) => typeof value === 'string' && /^[\x21-\x7E]{1,100}$/.test(value), '1 to 100 printable ASCII characters without spaces'],
  deadline: [isIntegerBetween(1, 10_000), 'a whole number of milliseconds, from 1 to 10,000'],
  wait: [isIntegerBetween(0, 60_000), 'a whole number of milliseconds, from 0 to 60,000']
}

/** The option `cache.shared` with defaults. */
export type SharedCacheConfig = Readonly<Pick<SharedCacheOptions, 'client' | 'key'>> & { readonly prefix: string, readonly deadline: number, readonly wait: number }

/** Adds the defaults to the option `cache.shared`, which was checked before. */
export function resolveSharedCache (shared: SharedCacheOptions): SharedCacheConfig {
  return Object.freeze({ prefix: 'fastify-zitadel', deadline: 25, wait: 1000, ...omitUndefined(shared) })
}
