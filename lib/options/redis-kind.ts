import type { RedisLike, NodeRedisCluster, IoredisCluster, NodeRedisSentinel } from './shared-cache-options.ts'

/** Clients are recognized by their members, because none of the packages is a dependency. A pool lacks `isReady`. */
export function isRedisClient (value: unknown): boolean {
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

export const isNodeRedisCluster = (client: RedisLike): client is NodeRedisCluster => 'masters' in client
export const isIoredisCluster = (client: RedisLike): client is IoredisCluster => (client as Partial<IoredisCluster>).isCluster === true
export const isSentinel = (client: RedisLike): client is NodeRedisSentinel => 'getSentinelNode' in client
