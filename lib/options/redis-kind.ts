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

/** Whether a client is a cluster of node-redis. */
export const isNodeRedisCluster = (client: RedisLike): client is NodeRedisCluster => 'masters' in client
/** Whether a client is a cluster of ioredis or iovalkey. */
export const isIoredisCluster = (client: RedisLike): client is IoredisCluster => (client as Partial<IoredisCluster>).isCluster === true
/** Whether a client is one of node-redis that finds its master through sentinels. */
export const isSentinel = (client: RedisLike): client is NodeRedisSentinel => 'getSentinelNode' in client
