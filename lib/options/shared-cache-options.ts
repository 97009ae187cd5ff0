interface RedisConnection {
  readonly duplicate: (...args: never[]) => unknown
  readonly on: (event: never, listener: never) => unknown
}

/** A client of ioredis or iovalkey. */
export interface IoredisClient extends RedisConnection {
  readonly call: (command: string, ...args: string[]) => Promise<unknown>
  readonly status: string
}

/** A client of node-redis. */
export interface NodeRedisClient extends RedisConnection {
  readonly sendCommand: (args: string[]) => Promise<unknown>
  readonly isReady: boolean
}

/** A connected client of ioredis, iovalkey or node-redis; it stays yours to configure and to close. No cluster and no pool. */
export type RedisLike = IoredisClient | NodeRedisClient

/** What a fleet of processes shares on Redis or Valkey. */
export interface SharedCacheOptions {
  readonly client: RedisLike
  /**
   * The fleet's key, at least 32 random characters; two of them during a rotation: the first encrypts, both decrypt. Default:
   * derived from this API's own credential, which every process must then have the same of.
   */
  readonly key?: string | readonly string[] | undefined
  /** What every name on Redis starts with. Default `fastify-zitadel`. */
  readonly prefix?: string | undefined
  /** Milliseconds that Redis has for one command until a request goes on without it. Default 25: paid once, then Redis is left alone until it is back. */
  readonly deadline?: number | undefined
  /** Milliseconds that a process waits for another that asks for the same token. Default 1000. */
  readonly wait?: number | undefined
}
