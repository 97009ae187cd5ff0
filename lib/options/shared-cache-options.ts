interface RedisConnection {
  readonly duplicate: (...args: never[]) => unknown
  readonly on: (event: never, listener: never) => unknown
}

/** A client of ioredis or iovalkey, for one server or for a master that sentinels name. */
export interface IoredisClient extends RedisConnection {
  readonly call: (command: string, ...args: string[]) => Promise<unknown>
  readonly status: string
}

/** A `Cluster` of ioredis or iovalkey. Its reads must go to masters, as they do by default. */
export interface IoredisCluster extends IoredisClient {
  readonly isCluster: boolean
  readonly nodes: (role: 'master') => readonly IoredisClient[]
}

/** A client of node-redis (`createClient`). */
export interface NodeRedisClient extends RedisConnection {
  readonly sendCommand: (args: string[]) => Promise<unknown>
  readonly isReady: boolean
  readonly isOpen?: boolean | undefined
  readonly options?: { readonly socket?: object | undefined } | undefined
}

/** A cluster of node-redis (`createCluster`). */
export interface NodeRedisCluster extends RedisConnection {
  readonly sendCommand: (firstKey: string | undefined, isReadonly: boolean | undefined, args: string[]) => Promise<unknown>
  readonly masters: ReadonlyArray<{ readonly client?: NodeRedisClient | undefined }>
}

/**
 * A client of node-redis that finds its master through sentinels (`createSentinel`). Give it `reserveClient: true`, and a
 * `reconnectStrategy` that gives up: otherwise a failover can keep the process from exiting (docs/fleet.md).
 */
export interface NodeRedisSentinel extends RedisConnection {
  readonly sendCommand: (isReadonly: boolean | undefined, args: string[]) => Promise<unknown>
  readonly isReady: boolean
  readonly getSentinelNode: () => unknown
}

/**
 * A client or cluster of ioredis, iovalkey or node-redis, sentinels included; it stays yours to configure and to close. Two connections are
 * opened with its settings. It need not be connected itself, unless it is a cluster or comes from `createSentinel`. No pool.
 */
export type RedisLike = IoredisClient | IoredisCluster | NodeRedisClient | NodeRedisCluster | NodeRedisSentinel

/** What the processes of one API share through Redis or Valkey. */
export interface SharedCacheOptions {
  /** Your client of Redis or Valkey. The plugin opens two connections with its settings, and does not close it. */
  readonly client: RedisLike
  /**
   * The key that encrypts what is shared, at least 32 random characters. Two keys during a rotation: the first encrypts, both
   * decrypt. Default: derived from the API's credentials, so all processes must use the same ones.
   */
  readonly key?: string | readonly string[] | undefined
  /** What every key and channel on Redis starts with. Default `fastify-zitadel`. */
  readonly prefix?: string | undefined
  /** Milliseconds for one command. A request goes on without Redis after that. Default 25: paid once, then requests do not use Redis until it responds again. */
  readonly deadline?: number | undefined
  /** Milliseconds for which a process waits for another that introspects the same token. If that takes longer, no process is waited for during 10 seconds. Default 1000. */
  readonly wait?: number | undefined
}
